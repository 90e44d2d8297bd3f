import assert from 'node:assert/strict';
import { UNFINISHED } from '../../src/protocols/framing/framer.js';
import { PROTOCOLS } from '../../src/protocols/index.js';
import { JsonRpcFramer } from '../../src/protocols/jsonrpc/framing/framer.js';
import { HEAD_BYTES_MAX } from '../../src/protocols/partial-unit.js';
import type { DecoderMemory } from '../../src/protocols/protocol.js';
import { Ear, type Heard } from '../protocols/listen.js';
import type { Step } from './traffic.js';

/** Generous, for a machine with other things to do: what takes longer grows faster than its input. */
const BASE_MS = 500;
const BYTES_A_MS = 2_000;

/** Of the head of a unit, and of what is around it. */
const KEPT_BYTES_MAX = 2 ** 20;

/** Among lines, two texts in one line are one unit, unless they are cut between them (decision 0030). */
const SEVERAL_IN_A_LINE = /[}\]][^\n!-\uffff]*[{[]/;

const MEMORY_BYTES = 2 ** 18;

/** What is too long for a line of noise is as many units as it comes in pieces. */
const ENDLESS_LINE = /[^\n]{16384}/;

/** As little as a client has that holds much, so that now and then there is no room. */
class CountedMemory implements DecoderMemory {
  held = 0;
  readonly isScarce = false;

  take(bytes: number): boolean {
    if (this.held + bytes > MEMORY_BYTES) return false;
    this.held += bytes;
    return true;
  }

  give(bytes: number): void {
    this.held -= bytes;
    assert.ok(this.held >= 0, 'no more is given back than was taken');
  }
}

/** Throws when a decoder or a framer does what it must not do. */
export function check(steps: readonly Step[]): void {
  const before = process.memoryUsage().arrayBuffers;
  const start = performance.now();
  decode(steps);
  frame(steps);
  const limitMs = BASE_MS + bytesOf(steps) / BYTES_A_MS;
  assert.ok(performance.now() - start < limitMs, `it took more than ${limitMs.toFixed(0)} ms`);
  // What the pieces themselves take is freed whenever the collector pleases.
  const kept = process.memoryUsage().arrayBuffers - before - 8 * bytesOf(steps);
  assert.ok(kept < KEPT_BYTES_MAX, `${kept} bytes are kept`);
  // Of a longer message that comes in pieces, less is kept than can be read in place.
  if (bytesOf(steps) <= HEAD_BYTES_MAX) checkPieces(steps);
}

function checkPieces(steps: readonly Step[]): void {
  // One direction alone: the first that is given up is the end of both.
  for (const direction of [0, 1] as const) {
    const pieces = steps.flatMap((step) => ('data' in step && step.direction === direction ? [step] : []));
    const data = pieces.map((piece) => piece.data).join('');
    if ((SEVERAL_IN_A_LINE.test(data) && data.includes('\n')) || ENDLESS_LINE.test(data)) continue;
    assert.deepEqual(decode([{ data, direction }]), decode(pieces), 'the same in one piece as in many');
  }
}

function decode(steps: readonly Step[]): Heard[] {
  const memory = new CountedMemory();
  const ear = new Ear(PROTOCOLS.jsonrpc, { keepPayload: true, memory });
  for (const step of steps) {
    if ('lose' in step) ear.lose();
    else if ('gap' in step) ear.gap(step.direction, step.gap, step.endsUnit);
    else ear.data(step.direction, Buffer.from(step.data, 'latin1'));
  }
  const given = ear.listener.reasons.filter((reason) => reason === 'unknown_protocol').length;
  assert.equal(given, ear.decoder.hasGivenUp ? 1 : 0, 'it says that it gives up, once, when it does');
  ear.decoder.release();
  assert.equal(memory.held, 0, 'what was taken is given back');
  for (const heard of ear.heard) if (heard.kind !== 'undecodable') checkBounds(heard);
  return ear.heard;
}

function checkBounds(heard: Exclude<Heard, { kind: 'undecodable' }>): void {
  // With the number of an exchange; a status answers without a body.
  assert.ok((heard.id ?? '').length <= 257 + 16);
  assert.ok(heard.bytes > 0 || (heard.kind === 'response' && heard.bytes === 0));
  if (heard.kind === 'request') assert.ok(heard.method.length <= 256);
}

function frame(steps: readonly Step[]): void {
  const framers = [new JsonRpcFramer(), new JsonRpcFramer()];
  for (const step of steps) {
    if ('lose' in step) for (const framer of framers) framer.lose();
    else if ('gap' in step) framers[step.direction].skip(step.gap, step.endsUnit);
    else showTo(framers[step.direction], Buffer.from(`${step.data}{`, 'latin1'));
  }
}

function showTo(framer: JsonRpcFramer, bytes: Buffer): void {
  const to = bytes.length - 1;
  for (let at = 0; at < to; ) {
    const end = framer.next(bytes, at, to);
    if (end === UNFINISHED) return;
    // One that came before these bytes may end with them.
    assert.ok(end >= at && end <= to, `a unit from ${at} on ends at ${end} of ${to}`);
    at = end;
  }
}

function bytesOf(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => sum + ('data' in step ? step.data.length : 0), 0);
}
