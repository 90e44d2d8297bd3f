import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RECV, SEND } from '../../../src/protocols/direction.js';
import { grpc } from '../../../src/protocols/grpc/protocol.js';
import { CountedMemory } from '../../fuzz/counted-memory.js';
import { runs } from '../../support/runs.js';
import { Ear } from '../listen.js';
import * as wire from './wire.js';

const begin = (settings?: ConstructorParameters<typeof Ear>[1]) =>
  new Ear(grpc, settings).data(SEND, Buffer.concat([wire.PREFACE, wire.settings()]));

const names = (ear: Ear) =>
  ear.heard.map((one) =>
    one.kind === 'undecodable' ? one.reason : one.kind === 'request' ? one.method : one.id,
  );

/** `:method: POST`, and the type of gRPC as it was added before all others of a table with so many behind it. */
const POST = wire.indexed(3);
const ADDED_TYPE = wire.added('content-type', 'application/grpc');
const addedPath = (path: string) => wire.added(':path', path);
const join = (...parts: Uint8Array[]) => Buffer.concat(parts);

describe('headers that refer to earlier ones', () => {
  it('are those, also of names alone, and of what is in the static table', () => {
    const ear = begin().data(SEND, wire.block(1, join(POST, addedPath('/a.B/C'), ADDED_TYPE)));
    ear.data(SEND, wire.block(3, join(POST, wire.indexed(63), wire.indexed(62))));
    // Without an index, the value of a name that has one: `:path` is 4.
    ear.data(SEND, wire.block(5, join(POST, Buffer.from('\x04\x06/a.B/D'), wire.indexed(62))));
    assert.deepEqual(names(ear), ['a.B/C', 'a.B/C', 'a.B/D']);
  });

  it('are said to be lost behind a loss, and known again once they are repeated', () => {
    const ear = begin().data(SEND, wire.block(1, join(POST, addedPath('/a.B/C'), ADDED_TYPE)));
    ear.lose();
    ear.data(SEND, wire.block(3, join(POST, wire.indexed(63), wire.indexed(62))));
    ear.data(SEND, wire.block(5, join(POST, addedPath('/a.B/D'), wire.indexed(63))));
    ear.data(SEND, wire.block(7, join(POST, ADDED_TYPE, wire.indexed(63))));
    ear.data(SEND, wire.block(9, join(POST, wire.indexed(63), wire.indexed(62))));
    ear.data(SEND, wire.block(11, join(POST, wire.indexed(64), wire.indexed(62))));
    assert.deepEqual(names(ear), ['a.B/C', 'state_lost', 'state_lost', 'a.B/D', 'a.B/D', 'state_lost']);
  });

  it('are all known again when the table is emptied', () => {
    const ear = begin();
    ear.lose();
    ear.data(
      SEND,
      wire.block(1, join(wire.resized(0), wire.resized(4096), POST, addedPath('/a.B/C'), ADDED_TYPE)),
    );
    ear.data(SEND, wire.block(3, join(POST, wire.indexed(64))));
    assert.deepEqual(names(ear), ['a.B/C', 'malformed']);
  });

  it('are lost with the rest of a block that was cut, in its direction', () => {
    const whole = wire.block(3, join(POST, addedPath('/a.B/D'), wire.added('x', 'y'.repeat(50))));
    const ear = begin().data(SEND, wire.block(1, join(POST, addedPath('/a.B/C'), ADDED_TYPE)));
    ear.data(SEND, whole.subarray(0, whole.length - 30)).gap(SEND, 30, true);
    ear.data(SEND, wire.block(5, join(POST, wire.indexed(63), wire.indexed(62))));
    ear
      .data(RECV, wire.settings())
      .data(RECV, wire.block(1, wire.added('grpc-status', '0'), wire.END_STREAM));
    assert.deepEqual(names(ear), ['a.B/C', 'truncated', 'state_lost', '1']);
  });

  it('are lost with messages that were left out', () => {
    const ear = begin().data(SEND, wire.block(1, join(POST, addedPath('/a.B/C'), ADDED_TYPE)));
    ear.gap(SEND, 100, true).data(SEND, wire.block(5, join(POST, wire.indexed(63), wire.indexed(62))));
    assert.deepEqual(names(ear), ['a.B/C', 'state_lost']);
  });

  it('leave the outcome open where they are lost of an answer', () => {
    const ear = begin()
      .data(RECV, wire.settings())
      .data(SEND, wire.ask(1, '/a.B/C'))
      .data(SEND, wire.ask(3, '/a.B/C'));
    ear.data(RECV, wire.block(1, wire.added('grpc-status', '0'), wire.END_STREAM));
    ear.lose();
    ear.data(RECV, wire.block(3, wire.indexed(62), wire.END_STREAM));
    const doubts = ear.listener.responses.map(({ doubt }) => doubt);
    assert.deepEqual(doubts, [undefined, 'state_lost']);
  });

  it('keep a bounded part of a table, however long both ends want it', () => {
    const memory = new CountedMemory();
    const ear = begin({ keepPayload: false, memory });
    ear.data(SEND, wire.block(1, join(wire.resized(2 ** 27), POST, addedPath('/a.B/C'), ADDED_TYPE)));
    for (let i = 0; i < 5000; i++)
      ear.data(SEND, wire.block(3, wire.added('tracestate', `${i}${'x'.repeat(200)}`)));
    assert.ok(memory.held < 200_000, `${memory.held} bytes`);
    ear.data(SEND, wire.block(5, join(POST, wire.indexed(62 + 5001), wire.indexed(62 + 5000))));
    assert.deepEqual(names(ear), ['a.B/C', 'state_lost']);
    ear.decoder.release();
    assert.equal(memory.held, 0);
  });

  it('are malformed if there never was such a header', () => {
    for (const bytes of [
      wire.indexed(62),
      Buffer.from([0x80]),
      Buffer.from([0x7f, 0xff, 0xff, 0xff, 0xff, 0xff]),
      Buffer.from([0, 0x85, 0xff, 0xff, 0xff, 0xff, 0xff, 0]),
    ]) {
      const ear = begin().data(SEND, wire.block(1, join(POST, bytes)));
      assert.deepEqual(names(ear), ['malformed'], bytes.toString('hex'));
    }
  });

  it('are read as a library writes them, whatever they say and however they are cut', () => {
    // The library looks names up in a plain object, and takes what all objects have for an entry of the static table.
    const name = fc
      .stringMatching(/^[a-z0-9-]{1,20}$/)
      .filter((one) => !/^(grpc|content|trace)/.test(one) && !(one in {}));
    const value = fc.string({ unit: 'binary-ascii', maxLength: 80 });
    const method = fc
      .stringMatching(/^[!-~]{1,60}$/)
      .filter((one) => !/[?#]/.test(one) && !one.startsWith('/'));
    const one = fc.record({
      method,
      more: fc.dictionary(name, value, { maxKeys: 6 }),
      status: fc.nat(16),
      step: fc.integer({ min: 1, max: 200 }),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 30 }), (calls) => {
        const [ask, answer] = [wire.compressing(), wire.compressing()];
        const ear = begin().data(RECV, wire.settings());
        calls.forEach(({ method, more, status, step }, i) => {
          const asked = wire.block(2 * i + 1, ask(wire.requestHeaders(`/${method}`, more)));
          for (let at = 0; at < asked.length; at += step) ear.data(SEND, asked.subarray(at, at + step));
          ear.data(RECV, wire.block(2 * i + 1, answer({ ...wire.RESPONSE_HEADERS, ...more })));
          ear.data(
            RECV,
            wire.block(2 * i + 1, answer({ 'grpc-status': String(status), ...more }), wire.END_STREAM),
          );
        });
        const { requests, responses, reasons } = ear.listener;
        assert.deepEqual(
          requests.map(({ method }) => method),
          calls.map(({ method }) => method),
        );
        assert.equal(responses.length, calls.length);
        assert.ok(responses.every(({ doubt }) => doubt === undefined));
        assert.deepEqual(reasons, []);
      }),
      { numRuns: runs(200) },
    );
  });
});
