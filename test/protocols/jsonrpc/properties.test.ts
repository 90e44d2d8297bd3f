import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SEND } from '../../../src/protocols/direction.js';
import type { CallError } from '../../../src/protocols/protocol.js';
import { runs } from '../../support/runs.js';
import type { Heard } from '../listen.js';
import { amid } from './ear.js';
import { type Wire, wires } from './wire.js';

/** How a text may differ from what JSON.stringify makes of the same value. */
interface Style {
  blank: string;
  /** Every so many characters of a string are escaped; 0 for none. */
  escapeEvery: number;
  isReversed: boolean;
}

const style: fc.Arbitrary<Style> = fc.record({
  blank: fc.constantFrom('', '', ' ', '\t', ' \r'),
  escapeEvery: fc.constantFrom(0, 0, 1, 3),
  isReversed: fc.boolean(),
});

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('method', 'id', '__proto__', '"id":1', '}', '\\', 'eth_call', '\n\u001b[0m', '\u2028'),
);
const decoy = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.record({ method: text, id: fc.integer(), params: fc.jsonValue({ maxDepth: 1 }), error: fc.jsonValue() }),
);
const id = fc.oneof(
  fc.integer(),
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(Number),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
  text,
  fc.constant(null),
);
const request = fc.record(
  { jsonrpc: fc.constant('2.0'), method: text, params: decoy, id },
  { requiredKeys: ['method'] },
);
const error = fc.record(
  { code: fc.integer(), message: text, data: decoy },
  { requiredKeys: ['code', 'message'] },
);
const response = fc.oneof(
  fc.record({ jsonrpc: fc.constant('2.0'), id, result: decoy }, { requiredKeys: ['id', 'result'] }),
  fc.record({ jsonrpc: fc.constant('2.0'), id, error }, { requiredKeys: ['id', 'error'] }),
  // Version 1.0 has both, one of which is null.
  fc.record({ id, result: fc.constant(null), error: fc.oneof(text, error, fc.constant(null)) }),
  fc.record({ id, result: decoy, error: fc.constant(null) }),
);
const single = fc.oneof(request, response);
const message = fc.oneof(
  { weight: 5, arbitrary: single },
  { weight: 1, arbitrary: fc.array(single, { minLength: 1, maxLength: 4 }) },
);
const written = fc.tuple(message, style).map(([value, how]) => write(value, how));

function write(value: unknown, how: Style): string {
  const { blank } = how;
  if (typeof value === 'string') return writeString(value, how.escapeEvery);
  if (Array.isArray(value)) {
    return `[${blank}${value.map((element) => write(element, how)).join(`${blank},${blank}`)}${blank}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  if (how.isReversed) entries.reverse();
  const members = entries.map(
    ([key, member]) => `${writeString(key, how.escapeEvery)}${blank}:${blank}${write(member, how)}`,
  );
  return `{${blank}${members.join(`${blank},${blank}`)}${blank}}`;
}

function writeString(value: string, escapeEvery: number): string {
  if (escapeEvery === 0) return JSON.stringify(value);
  const units = value.split('').map((unit, index) => {
    const escaped = `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
    return index % escapeEvery === 0 || /[\p{Cs}"\\\p{Cc}]/u.test(unit) ? escaped : unit;
  });
  return `"${units.join('')}"`;
}

/** What JSON.parse finds in a message, as a decoder would tell of it. */
function parsed(wire: string): Record<string, unknown>[] {
  const value: unknown = JSON.parse(wire);
  return (Array.isArray(value) ? value : [value]).map((one) => {
    const callId = 'id' in one ? idOf(one.id) : undefined;
    // Null is an id in requests of version 2.0. Here it is answered to none of them.
    const isNull = callId === 'null' && !('method' in one && 'jsonrpc' in one);
    const id = isNull ? undefined : callId;
    if ('method' in one) return { method: wellFormed(one.method), id };
    return { id, error: failureOf(one.error) };
  });
}

function failureOf(failure: unknown): { code: string; message: string } | undefined {
  if (typeof failure === 'string') return { code: '_OTHER', message: wellFormed(failure) };
  if (typeof failure !== 'object' || failure === null) return undefined;
  const { code, message } = failure as { code: number; message: string };
  return { code: String(code), message: wellFormed(message) };
}

function idOf(value: unknown): string {
  if (typeof value === 'string') return `"${wellFormed(value)}`;
  // JavaScript writes an exponent, and then all digits that matter.
  const [, sign, whole, fraction = '', exponent] = /^(-?)(\d)\.?(\d*)e\+(\d+)$/.exec(String(value)) ?? [];
  return exponent === undefined
    ? String(value)
    : sign + whole + fraction + '0'.repeat(Number(exponent) - fraction.length);
}

function wellFormed(value: string): string {
  return value.replace(/\p{Cs}/gu, '\ufffd');
}

function told(heard: readonly Heard[]): Record<string, unknown>[] {
  return heard.map((one) => {
    if (one.kind === 'request') return { method: one.method, id: one.id };
    return one.kind === 'response' ? { id: one.id, error: one.error } : { reason: one.reason };
  });
}

/** Over HTTP an id is one of its exchange, and what a request answers was asked elsewhere. */
function expectedOver(wire: Wire, texts: readonly string[]): Record<string, unknown>[] {
  if (!wire.name.startsWith('HTTP')) return texts.flatMap(parsed);
  return texts.flatMap((text, index) =>
    parsed(text).flatMap((one) => {
      const { method, id } = one as { method?: string; id?: string };
      if (method === undefined) return [];
      return [{ method, id: id === undefined ? undefined : `${index + 1}/${id}` }];
    }),
  );
}

describe('a decoder of JSON-RPC, with any messages,', () => {
  for (const wire of wires) {
    it(`finds what JSON.parse finds in ${wire.name}`, () => {
      fc.assert(
        fc.property(fc.array(written, { maxLength: 8 }), fc.array(fc.nat(60)), (texts, sizes) => {
          const ear = amid();
          const bytes = Buffer.from(texts.flatMap(wire.request).join(''));
          let at = 0;
          for (const size of sizes) {
            ear.data(SEND, bytes.subarray(at, at + size));
            at += size;
          }
          ear.data(SEND, bytes.subarray(at));
          assert.deepEqual(told(ear.heard), expectedOver(wire, texts));
        }),
        { numRuns: runs(300) },
      );
    });
  }

  it('is never wrong about a message that was captured in part', () => {
    const one = fc.tuple(single, style).map(([value, how]) => write(value, how));
    fc.assert(
      fc.property(one, fc.nat(80), (wire, tail) => {
        const [truth] = parsed(wire);
        const bytes = Buffer.from(wire);
        for (let kept = 0; kept <= bytes.length; kept++) {
          // No capture keeps the end of a message without its beginning.
          for (const behind of kept === 0 ? [0] : [0, Math.min(tail, bytes.length - kept)]) {
            const ear = amid(bytes.subarray(0, kept));
            ear.gap(SEND, bytes.length - kept - behind, behind === 0);
            if (behind > 0) ear.data(SEND, bytes.subarray(bytes.length - behind)).gap(SEND, 0, true);
            notWrong(ear.heard, truth);
          }
        }
      }),
      { numRuns: runs(150) },
    );
  });
});

function notWrong(heard: readonly Heard[], truth: Record<string, unknown>): void {
  for (const one of heard) {
    if (one.kind === 'undecodable') continue;
    assert.equal(one.kind, 'method' in truth ? 'request' : 'response');
    if (one.kind === 'request') assert.equal(one.method, truth['method']);
    else if (one.doubt === undefined) isOutcome(one.error, truth['error']);
    const isUnknown = one.kind === 'request' ? one.isIdUnknown : one.id === undefined;
    // Whether null is an id depends on a version that may not be seen.
    if (!isUnknown && truth['id'] !== 'null') assert.equal(one.id, truth['id']);
  }
}

/** What is not seen of a failure is left out. */
function isOutcome(told: CallError | undefined, truth: unknown): void {
  assert.equal(told === undefined, truth === undefined);
  if (told === undefined) return;
  const { code, message } = truth as CallError;
  assert.ok(told.code === code || told.code === '_OTHER');
  assert.ok(told.message === message || told.message === '');
}
