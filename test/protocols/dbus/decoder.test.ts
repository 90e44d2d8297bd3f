import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { dbus } from '../../../src/protocols/dbus/protocol.js';
import { type Direction, RECV, SEND } from '../../../src/protocols/direction.js';
import { runs } from '../../support/runs.js';
import { Ear } from '../listen.js';
import {
  CALL,
  CLIENT_LINES,
  call,
  dbusMessage,
  failure,
  NO_REPLY_EXPECTED,
  reply,
  SERVER_LINES,
  SIGNAL,
} from './wire.js';

const require = createRequire(import.meta.url);
const { marshall, unmarshall } = require('@homebridge/dbus-native/lib/message.js') as {
  marshall(message: object): Buffer;
  unmarshall(bytes: Buffer): Record<string, unknown>;
};

const BUS = 'org.freedesktop.DBus';
const NAME_OWNER = { type: SIGNAL, interface: BUS, member: 'NameAcquired', path: '/' };

const connected = () => new Ear(dbus).data(SEND, CLIENT_LINES).data(RECV, SERVER_LINES);

/** What is told, in a few words each. */
function told(ear: Ear): string[] {
  return ear.heard.map((one) => {
    const from = one.direction === SEND ? '>' : '<';
    if (one.kind === 'undecodable') return `${from} ${one.reason}`;
    if (one.kind === 'response') return `${from} #${one.id} ${one.error?.code ?? 'ok'}`;
    return `${from} #${one.id} ${one.method}${one.isIdUnknown ? '?' : ''}`;
  });
}

describe('DBusDecoder', () => {
  it('passes over the lines before the first message, however they are written', () => {
    for (const [client, server] of [
      [CLIENT_LINES, SERVER_LINES],
      ['\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n', `DATA\r\nOK ${'a'.repeat(32)}\r\n`],
      [
        '\0AUTH\r\nAUTH DBUS_COOKIE_SHA1 61\r\nDATA 62\r\nBEGIN\r\n',
        `REJECTED EXTERNAL DBUS_COOKIE_SHA1\r\nDATA 63\r\nOK ${'0'.repeat(32)}\r\n`,
      ],
    ]) {
      const ear = new Ear(dbus).data(SEND, client).data(RECV, server);
      ear.data(SEND, call(1, 'Hello')).data(RECV, reply(1));
      assert.deepEqual(told(ear), [`> #1 ${BUS}.Hello`, '< #1 ok']);
    }
  });

  it('tells signals, and calls that want no reply, as notifications', () => {
    const ear = connected().data(RECV, dbusMessage({ ...NAME_OWNER, serial: 2 }));
    ear.data(SEND, call(2, 'Ping', { flags: NO_REPLY_EXPECTED }));
    assert.deepEqual(told(ear), [`< #undefined ${BUS}.NameAcquired`, `> #undefined ${BUS}.Ping`]);
    assert.ok(ear.listener.requests.every(({ isIdUnknown }) => !isIdUnknown));
  });

  it('keeps apart calls of several senders that the bus passes on, with the numbers that these gave them', () => {
    const ear = connected();
    for (const sender of [':1.5', ':1.6']) ear.data(RECV, call(7, 'Get', { sender }));
    ear.data(SEND, reply(7, { destination: ':1.6' })).data(SEND, failure(7, 'a.B', { destination: ':1.5' }));
    assert.deepEqual(told(ear).slice(2), ['> #:1.6 7 ok', '> #:1.5 7 a.B']);
    assert.deepEqual(
      ear.listener.requests.map(({ id }) => id),
      [':1.5 7', ':1.6 7'],
    );
  });

  it('matches calls of two ends without a bus, which have no names', () => {
    const ear = connected().data(RECV, call(3, 'Get')).data(SEND, reply(3));
    assert.deepEqual(told(ear), [`< #3 ${BUS}.Get`, '> #3 ok']);
  });

  it('has the name of an error for its code, and nothing of what it says', () => {
    const body = Buffer.from('\x05\0\0\0about\0');
    const ear = connected().data(SEND, call(1, 'Get'));
    ear.data(RECV, failure(1, `${BUS}.Error.UnknownMethod`, { signature: 's', body }));
    assert.deepEqual(ear.listener.responses[0].error, { code: `${BUS}.Error.UnknownMethod`, message: '' });
  });

  it('tells nothing of what a monitor sees, which is not its own', () => {
    const ear = connected().data(SEND, call(2, 'BecomeMonitor', { interface: `${BUS}.Monitoring` }));
    ear.data(RECV, dbusMessage({ ...NAME_OWNER, serial: 4 })).data(RECV, reply(2));
    ear.data(RECV, call(7, 'Get', { sender: ':1.5' })).data(RECV, reply(7, { destination: ':1.5' }));
    assert.deepEqual(told(ear).slice(1), [`< #undefined ${BUS}.NameAcquired`, '< #2 ok']);
    const refused = connected().data(SEND, call(2, 'BecomeMonitor', { interface: `${BUS}.Monitoring` }));
    refused.data(RECV, failure(2, 'a.B')).data(RECV, call(7, 'Get', { sender: ':1.5' }));
    assert.equal(refused.heard.length, 3);
  });

  it('tells a call without an interface by its member, and passes over types that are yet to come', () => {
    const ear = connected().data(SEND, dbusMessage({ type: CALL, serial: 1, path: '/', member: 'Ping' }));
    ear.data(SEND, dbusMessage({ type: 9, serial: 2, path: '/' })).data(SEND, call(3, 'Get'));
    assert.deepEqual(told(ear), ['> #1 Ping', `> #3 ${BUS}.Get`]);
  });

  it('counts what is no message, and goes on', () => {
    const ear = connected().data(SEND, dbusMessage({ type: CALL, serial: 1, path: '/' }));
    const broken = call(2, 'Get');
    broken[18] = 0x7a;
    ear
      .data(SEND, broken)
      .data(SEND, dbusMessage({ type: 2, serial: 3 }))
      .data(SEND, call(4, 'Get'));
    assert.deepEqual(told(ear), ['> not_a_message', '> malformed', '> not_a_message', `> #4 ${BUS}.Get`]);
  });

  it('gives up lines and messages that are none', () => {
    for (const [direction, text] of [
      [SEND, 'AUTH EXTERNAL\r\n'],
      [SEND, '\0AUTHORS\r\n'],
      [SEND, '\0HELO\r\n'],
      [RECV, 'OKAY\r\n'],
      [RECV, 'Error: no\n'],
    ] as const) {
      assert.deepEqual(new Ear(dbus).data(direction, text).listener.reasons, ['unknown_protocol'], text);
    }
    const wrong = call(1, 'Get');
    wrong[3] = 2;
    assert.deepEqual(connected().data(SEND, wrong).listener.reasons, ['unknown_protocol']);
  });

  it('reads what another implementation writes, and writes in its tests what that reads', () => {
    const word = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/);
    const name = fc.array(word, { minLength: 2, maxLength: 5 }).map((words) => words.join('.'));
    const parts = fc.record({
      interface: name,
      member: word,
      destination: name,
      text: fc.string(),
      at: fc.nat(300),
    });
    const serial = fc.integer({ min: 1, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(parts, serial, fc.boolean(), ({ text, at, ...names }, number, isBig) => {
        const message = { type: CALL, serial: number, path: '/a', ...names };
        const theirs = marshall({ ...message, signature: 's', body: [text] });
        const body = Buffer.from(isBig ? '\0\0\0\x01a\0' : '\x01\0\0\0a\0');
        const ours = dbusMessage({ ...message, signature: 's', body, isBig });
        const { interface: itf, member, destination } = unmarshall(ours);
        assert.deepEqual({ interface: itf, member, destination }, names);
        const ear = connected();
        for (const whole of [theirs, ours]) {
          const cut = Math.min(at, whole.length);
          ear.data(SEND as Direction, whole.subarray(0, cut)).data(SEND, whole.subarray(cut));
        }
        const method = `${names.interface}.${names.member}`;
        assert.deepEqual(told(ear), Array(2).fill(`> #${number} ${method}`));
      }),
      { numRuns: runs(60) },
    );
  });
});
