import assert from 'node:assert/strict';
import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { msgpackRpc } from '../../../src/protocols/msgpack-rpc/protocol.js';
import { runs } from '../../support/runs.js';
import { Ear } from '../listen.js';
import { call, failure, notice, reply } from './wire.js';

/** What is told, in a few words each. */
function told(ear: Ear): string[] {
  return ear.heard.map((one) => {
    const from = one.direction === SEND ? '>' : '<';
    if (one.kind === 'undecodable') return `${from} ${one.reason}`;
    if (one.kind === 'response') return `${from} #${one.id} ${one.error?.code ?? one.doubt ?? 'ok'}`;
    return `${from} #${one.id} ${one.method}`;
  });
}

describe('MsgpackRpcDecoder', () => {
  it('tells calls of either side, and notifications', () => {
    const ear = new Ear(msgpackRpc).data(SEND, call(1, 'a')).data(RECV, notice('b')).data(RECV, call(1, 'c'));
    ear.data(SEND, reply(1)).data(RECV, reply(1));
    assert.deepEqual(told(ear), ['> #1 a', '< #undefined b', '< #1 c', '> #1 ok', '< #1 ok']);
  });

  it('has a number for a code, and no text', () => {
    const ear = new Ear(msgpackRpc).data(SEND, call(1, 'a'));
    for (const error of [
      7,
      -3,
      [0, 'Vim:E1'],
      [1, 'x'],
      ['x', 1],
      [],
      'no such method',
      { code: 5 },
      false,
      1.5,
    ]) {
      ear.data(RECV, failure(1, error));
    }
    const { responses } = ear.listener;
    assert.deepEqual(
      responses.map(({ error }) => error?.code),
      ['7', '-3', '0', '1', ...Array(6).fill('_OTHER')],
    );
    assert.ok(responses.every(({ error }) => error?.message === ''));
  });

  it('knows whether a call has failed from the first bytes of an answer', () => {
    const cut = (whole: Buffer, kept: number) => {
      const ear = new Ear(msgpackRpc).data(SEND, call(1, 'a')).data(RECV, whole.subarray(0, kept));
      return told(ear.gap(RECV, whole.length - kept, true))[1];
    };
    const long = 'x'.repeat(1000);
    assert.equal(cut(reply(1, long), 4), '< #1 ok');
    assert.equal(cut(failure(1, long), 20), '< #1 _OTHER');
    assert.deepEqual(
      [cut(reply(1, long), 3), cut(reply(1, long), 2)],
      ['< #1 truncated', '< #undefined truncated'],
    );
  });

  it('counts arrays that are no messages, and goes on', () => {
    const ear = new Ear(msgpackRpc).data(SEND, call(1, 'a'));
    for (const value of [
      [],
      [3, 1, 'a', []],
      [0, 'a', 'a', []],
      [2, 'a', [], 1],
      [2, 5, []],
      [0, 1, 2, []],
    ]) {
      ear.data(SEND, encode(value));
    }
    ear.data(SEND, call(2, 'b'));
    assert.deepEqual(told(ear), ['> #1 a', ...Array(6).fill('> not_a_message'), '> #2 b']);
  });

  it('gives up what is no array', () => {
    for (const value of [5, 'text', { a: 1 }, null]) {
      const ear = new Ear(msgpackRpc).data(SEND, call(1, 'a')).data(SEND, encode(value));
      assert.deepEqual(told(ear), ['> #1 a', '> unknown_protocol']);
    }
  });

  it('takes any depth, and elements without end, for one message', () => {
    const deep = Buffer.concat([
      call(1, 'a').subarray(0, -1),
      Buffer.alloc(50_000, 0x91),
      Buffer.from([0xc0]),
    ]);
    const endless = Buffer.from([0x94, 0, 1, 0xa1, 0x61, 0xdd, 255, 255, 255, 255, 0xc0]);
    assert.deepEqual(told(new Ear(msgpackRpc).data(SEND, deep).data(SEND, call(2, 'b'))), [
      '> #1 a',
      '> #2 b',
    ]);
    assert.deepEqual(told(new Ear(msgpackRpc).data(SEND, endless)), []);
  });

  it('reads what a library writes, however it is cut', () => {
    const value = fc.anything({
      maxDepth: 3,
      values: [
        fc.string({ unit: 'binary' }),
        fc.integer(),
        fc.double(),
        fc.boolean(),
        fc.constant(null),
        fc.uint8Array(),
      ],
    });
    const id = fc.oneof(fc.nat(300), fc.nat(2 ** 31), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
    const method = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 });
    const settled = new Ear(msgpackRpc).data(SEND, call(0, 'a')).data(RECV, reply(0, 1));
    fc.assert(
      fc.property(id, method, fc.array(value), value, fc.nat(200), (number, name, params, result, at) => {
        const before = settled.heard.length;
        const messages = [
          [SEND, call(number, name, ...params)],
          [RECV, reply(number, result)],
        ] as const;
        for (const [direction, whole] of messages) {
          const cut = Math.min(at, whole.length);
          settled.data(direction, whole.subarray(0, cut)).data(direction, whole.subarray(cut));
        }
        const utf8 = Buffer.from(name).toString();
        assert.deepEqual(told(settled).slice(before), [`> #${number} ${utf8}`, `< #${number} ok`]);
      }),
      { numRuns: runs(50) },
    );
  });
});
