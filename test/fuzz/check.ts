import assert from 'node:assert/strict';
import { RECV, SEND } from '../../src/protocols/direction.js';
import { type Framer, UNFINISHED } from '../../src/protocols/framing/framer.js';
import { Meter } from '../../src/protocols/framing/meter.js';
import { PROTOCOLS } from '../../src/protocols/index.js';
import { HEAD_BYTES_MAX } from '../../src/protocols/partial-unit.js';
import { Ear, type Heard } from '../protocols/listen.js';
import { CountedMemory } from './counted-memory.js';
import type { Step } from './traffic.js';

/** Of processor time, which other programs do not take part in: what takes longer grows faster than its input. */
const BASE_MS = 500;
const BYTES_A_MS = 2_000;

/** What may be allocated, whatever lengths are read: heads of units, and what is around them. */
const ALLOCATED_BYTES_MAX = 2 ** 20;

/** Among lines, two texts in one line are one unit, unless they are cut between them (decision 0030). */
const SEVERAL_IN_A_LINE = /[}\]][^\n!-\uffff]*[{[]/;

/** A line is told of as soon as its brackets have come out even (decision 0030): where a piece ends so, and the line goes on. */
const CLOSED_SO_FAR = /[}\]][^\n!-\uffff]*$/;
const REST_OF_LINE = /^[^\n!-\uffff]*[!-\uffff]/;

/** What is too long for a line of noise is as many units as it comes in pieces. */
const ENDLESS_LINE = /[^\n]{16384}/;

/** HTTP by itself, and where it may carry JSON-RPC, which may be MCP. */
const DECODERS = [
  { protocol: PROTOCOLS.jsonrpc, carriers: [] },
  { protocol: PROTOCOLS.jsonrpc, carriers: ['http'] },
  { protocol: PROTOCOLS.mcp, carriers: [] },
  { protocol: PROTOCOLS.mcp, carriers: ['jsonrpc', 'http'] },
  { protocol: PROTOCOLS.http, carriers: [] },
];
type Tried = (typeof DECODERS)[number];

/** Throws when a decoder or a framer does what it must not do. */
export function check(steps: readonly Step[]): void {
  for (const tried of DECODERS) checkOne(tried, steps);
}

function checkOne(tried: Tried, steps: readonly Step[]): void {
  const before = process.memoryUsage().arrayBuffers;
  const start = process.cpuUsage();
  decode(tried, steps);
  const meter = new Meter();
  frame([tried.protocol.createFramer(SEND, meter), tried.protocol.createFramer(RECV, meter)], steps);
  const limitMs = BASE_MS + bytesOf(steps) / BYTES_A_MS;
  const { user, system } = process.cpuUsage(start);
  assert.ok((user + system) / 1000 < limitMs, `it took more than ${limitMs.toFixed(0)} ms`);
  // What is allocated is freed whenever the collector pleases, the pieces themselves too.
  const allocated = process.memoryUsage().arrayBuffers - before - 8 * bytesOf(steps);
  assert.ok(allocated < ALLOCATED_BYTES_MAX, `${allocated} bytes are allocated`);
  // Of a longer message that comes in pieces, less is kept than can be read in place.
  if (bytesOf(steps) <= HEAD_BYTES_MAX) checkPieces(tried, steps);
}

function checkPieces(tried: Tried, steps: readonly Step[]): void {
  // One direction alone: the first that is given up is the end of both.
  for (const direction of [0, 1] as const) {
    const pieces = steps.flatMap((step) => ('data' in step && step.direction === direction ? [step] : []));
    const data = pieces.map((piece) => piece.data).join('');
    const isCutOpen = (SEVERAL_IN_A_LINE.test(data) && data.includes('\n')) || ENDLESS_LINE.test(data);
    if (tried.protocol !== PROTOCOLS.http && (isCutOpen || isToldEarly(pieces))) continue;
    const whole = decode(tried, [{ data, direction }]);
    assert.deepEqual(whole, decode(tried, pieces), 'the same in one piece as in many');
  }
}

/** Whether one of the pieces may be told of before the rest of its line shows that it is none. */
function isToldEarly(pieces: readonly { readonly data: string }[]): boolean {
  let rest = pieces.map((piece) => piece.data).join('');
  let before = '';
  return pieces.some(({ data }) => {
    rest = rest.slice(data.length);
    before = before.slice(before.lastIndexOf('\n') + 1) + data;
    return CLOSED_SO_FAR.test(before) && REST_OF_LINE.test(rest);
  });
}

function decode({ protocol, carriers }: Tried, steps: readonly Step[]): Heard[] {
  const memory = new CountedMemory();
  const ear = new Ear(protocol, { keepPayload: true, memory, carriers });
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

function frame(framers: readonly Framer[], steps: readonly Step[]): void {
  for (const step of steps) {
    if ('lose' in step) for (const framer of framers) framer.lose();
    else if ('gap' in step) framers[step.direction].skip(step.gap, step.endsUnit);
    else showTo(framers[step.direction], Buffer.from(`${step.data}{`, 'latin1'));
  }
}

function showTo(framer: Framer, bytes: Buffer): void {
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
