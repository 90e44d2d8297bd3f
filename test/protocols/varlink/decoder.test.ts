import assert from 'node:assert/strict';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { varlink } from '../../../src/protocols/varlink/protocol.js';
import { Ear } from '../listen.js';
import { call, failure, reply, varlinkMessage } from './wire.js';

const METHOD = 'io.systemd.Resolve.Monitor.SubscribeQueryResults';

/** What is told, in a few words each. */
function told(ear: Ear): string[] {
  return ear.heard.map((one) => {
    if (one.kind === 'undecodable') return one.reason;
    if (one.kind === 'response') return `${one.error?.code ?? one.doubt ?? 'ok'} ${one.bytes}`;
    if (one.isIdUnknown) return `${one.method}?`;
    return one.id === undefined ? `${one.method} noted` : one.method;
  });
}

describe('VarlinkDecoder', () => {
  it('takes replies that continue for one, with the bytes of all of them', () => {
    const [part, last] = [reply({ continues: true }), reply()];
    const ear = new Ear(varlink).data(SEND, call(METHOD, { more: true }));
    for (let i = 0; i < 3; i++) ear.data(RECV, part);
    assert.deepEqual(told(ear), [METHOD]);
    ear.data(RECV, last);
    assert.deepEqual(told(ear), [METHOD, `ok ${3 * part.length + last.length}`]);
  });

  it('says at the end of the connection that a call has been answered in part', () => {
    const part = reply({ continues: true });
    const ear = new Ear(varlink).data(SEND, call(METHOD, { more: true })).data(RECV, part);
    ear.decoder.end(5);
    assert.deepEqual(told(ear), [METHOD, `unfinished ${part.length}`]);
  });

  it('waits for no reply to a call that wants none', () => {
    const ear = new Ear(varlink).data(SEND, call(METHOD, { oneway: true }));
    assert.deepEqual(told(ear), [`${METHOD} noted`]);
  });

  it('has the name of an error for its code, and nothing of what it says', () => {
    const error = failure('org.varlink.service.InvalidParameter');
    const ear = new Ear(varlink).data(SEND, call(METHOD)).data(RECV, error);
    assert.deepEqual(ear.listener.responses[0].error, {
      code: 'org.varlink.service.InvalidParameter',
      message: '',
    });
  });

  it('does not take a cut call for one that is answered if it may be oneway', () => {
    const long = call(METHOD, { parameters: { a: 'x'.repeat(900) }, oneway: true });
    const cut = (tail: number) => {
      const ear = new Ear(varlink).data(SEND, call(METHOD)).data(RECV, reply());
      ear.data(SEND, long.subarray(0, 512)).gap(SEND, long.length - 512 - tail, tail === 0);
      if (tail > 0) ear.data(SEND, long.subarray(-tail)).gap(SEND, 0, true);
      return told(ear)[2];
    };
    assert.deepEqual([cut(64), cut(0)], [`${METHOD} noted`, `${METHOD}?`]);
  });

  it('knows that a reply is the last where the call asked for one only, however much of it is there', () => {
    const long = varlinkMessage({ error: 'a.B', parameters: { a: 'x'.repeat(900) }, continues: false });
    const cut = (more: boolean) => {
      const ear = new Ear(varlink).data(SEND, call(METHOD, { more }));
      ear.data(RECV, reply().subarray(0, 14)).gap(RECV, 50, true);
      ear.data(RECV, long.subarray(0, 40)).gap(RECV, long.length - 40, true);
      return told(ear).slice(1);
    };
    assert.deepEqual(cut(false), ['truncated 64', `a.B ${long.length}`]);
    assert.deepEqual(cut(true), ['truncated', `a.B ${long.length}`]);
  });

  it('decodes no more once a connection has been upgraded', () => {
    const upgrade = call('org.example.Terminal.Open', { upgrade: true });
    const ear = new Ear(varlink).data(SEND, upgrade).data(RECV, failure('a.B'));
    ear.data(SEND, upgrade).data(RECV, reply());
    const before = told(ear);
    assert.equal(before.length, 4);
    for (const direction of [SEND, RECV] as const) {
      ear.data(direction, call(METHOD)).data(direction, '\0\x01\xff{').gap(direction, 100, true);
    }
    ear.lose().data(SEND, call(METHOD)).decoder.end(9);
    assert.deepEqual(told(ear), before);
  });

  it('leaves what was sent ahead of an upgrade to that: nobody answers it', () => {
    const upgrade = call('org.example.Terminal.Open', { upgrade: true });
    const ear = new Ear(varlink).data(SEND, Buffer.concat([upgrade, call(METHOD)])).data(RECV, reply());
    assert.deepEqual(told(ear), ['org.example.Terminal.Open', METHOD, `ok ${reply().length}`]);
    const early = new Ear(varlink).data(SEND, Buffer.concat([upgrade, Buffer.from('ls -l\0pwd\0')]));
    assert.deepEqual(told(early.data(RECV, reply())), ['org.example.Terminal.Open', `ok ${reply().length}`]);
  });

  it('counts what is no message, and goes on', () => {
    const ear = new Ear(varlink).data(SEND, call(METHOD)).data(RECV, reply());
    ear.data(SEND, '{"parameters":{}}\0').data(SEND, '{"method":"a.B"\0').data(SEND, call(METHOD));
    assert.deepEqual(told(ear).slice(2), ['not_a_message', 'malformed', METHOD]);
  });

  it('tells nothing of what came after a loss and may be the inside of a message', () => {
    const inside = '{"method":"a.b.Fake"}';
    const ear = new Ear(varlink).data(SEND, call(METHOD)).data(RECV, reply()).lose();
    ear.data(SEND, `${inside}","b":1}}\0`).data(SEND, call('a.b.Real'));
    assert.deepEqual(told(ear).slice(2), ['a.b.Real']);
  });

  it('keeps parameters only if it is asked to', () => {
    const payloads = (keepPayload: boolean) =>
      new Ear(varlink, { keepPayload })
        .data(SEND, call(METHOD))
        .data(RECV, reply())
        .heard.map((one) => (one.kind === 'undecodable' ? '' : one.payload));
    assert.deepEqual(payloads(false), [undefined, undefined]);
    assert.deepEqual(payloads(true), ['{"name":"x"}', '{"a":[1,"}"]}']);
  });
});
