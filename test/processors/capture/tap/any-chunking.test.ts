import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RECV, SEND } from '../../../../src/protocols/direction.js';
import { OperationFramer } from '../../../../src/protocols/framing/operation-framer.js';
import { runs } from '../../../support/runs.js';
import { bytesOf, operations, type Stream, streams, wholeBytes } from './streams.js';
import { EverySecond, limitOf, type Options, Tapped } from './tapped.js';
import { runsOf, type Transcript, transcribe } from './transcript.js';

const HEADER_BYTES = 8192;

/** What should have been made of a stream. */
interface Expected extends Transcript {
  /** Marks that may be missing: between two messages that were both left out. */
  optionalEnds: Set<number>;
}

const cuts = fc.array(fc.nat(100_000), { maxLength: 60 });
const limits = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 200 }), fc.constant(Infinity));

describe('Tap, however a stream is cut into operations', () => {
  it('keeps the first bytes of each message and accounts for every other byte', () => {
    const property = fc.property(streams, cuts, limits, fc.boolean(), (stream, cuts, limit, isPlain) => {
      const settings = isPlain ? limitOf(limit) : { strategy: limitOf(limit).strategy };
      const found = captured(stream, cuts, settings);
      assertSame(
        found,
        expected(stream, () => limit),
      );
    });
    fc.assert(property, { numRuns: runs(400) });
  });

  it('leaves out whole messages, and no part of any other', () => {
    const property = fc.property(streams, cuts, limits, (stream, cuts, limit) => {
      const found = captured(stream, cuts, { strategy: new EverySecond(limit) });
      assertSame(
        found,
        expected(stream, (message) => (message % 2 === 0 ? limit : -1)),
      );
    });
    fc.assert(property, { numRuns: runs(400) });
  });

  it('keeps both directions apart', () => {
    const property = fc.property(streams, streams, cuts, (send, recv, cuts) => {
      const tapped = new Tapped(limitOf(20));
      const sent = operations(bytesOf(send), cuts, wholeBytes(send));
      const received = operations(bytesOf(recv), cuts, wholeBytes(recv));
      for (let i = 0; i < Math.max(sent.length, received.length); i++) {
        if (i < sent.length) tapped.show(SEND, sent[i]);
        if (i < received.length) tapped.show(RECV, received[i]);
      }
      assertSame(
        transcribe(tapped, SEND, bytesOf(send)),
        expected(send, () => 20),
      );
      assertSame(
        transcribe(tapped, RECV, bytesOf(recv)),
        expected(recv, () => 20),
      );
      const ordinals = tapped.records.map(({ ordinal }) => ordinal);
      assert.deepEqual(ordinals, [...ordinals.keys()]);
    });
    fc.assert(property, { numRuns: runs(200) });
  });

  it('keeps the trailing bytes of messages that were cut', () => {
    const tails = fc.integer({ min: 1, max: 100 });
    const property = fc.property(streams, cuts, limits, tails, (stream, cuts, limit, tailBytes) => {
      const found = captured(stream, cuts, { ...limitOf(limit), tailBytes });
      assertSame(
        found,
        expected(stream, () => limit, tailBytes),
      );
    });
    fc.assert(property, { numRuns: runs(400) });
  });

  it('keeps the trailing bytes of the messages that are not left out', () => {
    const property = fc.property(streams, cuts, (stream, cuts) => {
      const found = captured(stream, cuts, { strategy: new EverySecond(10), tailBytes: 7 });
      assertSame(
        found,
        expected(stream, (message) => (message % 2 === 0 ? 10 : -1), 7),
      );
    });
    fc.assert(property, { numRuns: runs(200) });
  });

  it('keeps the first bytes of each operation when those are what limits apply to', () => {
    const property = fc.property(streams, cuts, limits, (stream, cuts, limit) => {
      const createFramer = () => new OperationFramer();
      const found = captured(stream, cuts, { ...limitOf(limit), createFramer });
      const parts = operations(bytesOf(stream), cuts, wholeBytes(stream));
      const messages = parts.map((part) => [{ text: part.toString('latin1'), isHeaderBlock: false }]);
      assertSame(
        found,
        expected({ title: 'operations', messages }, () => limit),
      );
    });
    fc.assert(property, { numRuns: runs(200) });
  });
});

function captured(stream: Stream, cuts: readonly number[], options: Options): Transcript {
  const bytes = bytesOf(stream);
  const tapped = new Tapped(options);
  for (const operation of operations(bytes, cuts, wholeBytes(stream))) tapped.send(operation);
  return transcribe(tapped, SEND, bytes);
}

function expected(stream: Stream, limitOfMessage: (message: number) => number, tailBytes = 0): Expected {
  const kept = new Uint8Array(bytesOf(stream).length);
  const ends: number[] = [];
  const optionalEnds = new Set<number>();
  let at = 0;
  stream.messages.forEach((units, message) => {
    const limit = limitOfMessage(message);
    for (const { text, isHeaderBlock } of units) {
      const unitLimit = isHeaderBlock && limit > 0 ? Math.max(limit, HEADER_BYTES) : Math.max(0, limit);
      const head = Math.min(unitLimit, text.length);
      const tail = limit > 0 ? Math.min(tailBytes, text.length - head) : 0;
      kept.fill(1, at, at + head);
      at += text.length;
      kept.fill(1, at - tail, at);
      if (head < text.length && limit >= 0) ends.push(at);
    }
    if (limit < 0) {
      ends.push(at);
      if (limitOfMessage(message + 1) < 0) optionalEnds.add(at);
    }
  });
  return { kept, ends, optionalEnds };
}

function assertSame(found: Transcript, { kept, ends, optionalEnds }: Expected): void {
  assert.deepEqual(runsOf(found.kept), runsOf(kept));
  const isSure = (end: number) => !optionalEnds.has(end);
  // What was skipped last may have its mark in a record that is yet to come.
  const last = ends.filter((end) => end <= (found.ends.at(-1) ?? 0));
  assert.deepEqual(found.ends.filter(isSure), last.filter(isSure));
}
