import assert from 'node:assert/strict';
import fc from 'fast-check';
import { OTHER } from '../../src/protocols/conventions.js';
import { type Direction, RECV, SEND } from '../../src/protocols/direction.js';
import type { Protocol, Request, Response } from '../../src/protocols/protocol.js';
import { liveBytes } from '../support/heap.js';
import { Ear, type Heard, withNumberedCalls } from './listen.js';

/** A message as it goes over the wire, in the units that its framing has: a header block, a body. */
export interface SampleMessage {
  direction: Direction;
  units: (string | Buffer)[];
}

/** Whole messages, all of which are understood, none of them a batch. At least four in each direction. */
export interface Sample {
  name: string;
  messages: SampleMessage[];
}

const DIRECTIONS: readonly Direction[] = [SEND, RECV];
const UNFINISHED_BYTES = 16 * 2 ** 20;
/** Of a conversation: with the head and the tail of a unit, and without much else. */
const KEPT_BYTES_MAX = 2 ** 18;

/** What every decoder has to do. */
export function conformsToProtocol(protocol: Protocol, samples: readonly Sample[]): void {
  describe(`${protocol.name} as a protocol`, () => {
    for (const sample of samples) {
      describe(`with ${sample.name}`, () => {
        understands(protocol, sample);
        recovers(protocol, sample);
      });
    }
    endures(protocol, samples);
  });
}

function understands(protocol: Protocol, { messages }: Sample): void {
  const expected = hear(protocol, messages);

  it('tells of every message, in its direction and in order', () => {
    assert.deepEqual(
      expected.map(({ direction }) => direction),
      messages.map(({ direction }) => direction),
    );
    assert.deepEqual(new Set(expected.map(({ kind }) => kind)), new Set(['request', 'response']));
  });

  it('tells the same however the bytes are cut', () => {
    for (const direction of DIRECTIONS) {
      const bytes = joined(messages, direction);
      const whole = new Ear(protocol).data(direction, bytes).heard;
      for (let i = 1; i < bytes.length; i++) {
        const ear = new Ear(protocol)
          .data(direction, bytes.subarray(0, i))
          .data(direction, bytes.subarray(i));
        assert.deepEqual(ear.heard, whole, `cut at ${i}`);
      }
      const ear = new Ear(protocol);
      for (const byte of bytes) ear.data(direction, Buffer.from([byte]));
      assert.deepEqual(ear.heard, whole, 'byte by byte');
    }
  });

  it('tells the same where units are marked as cut of which nothing is missing', () => {
    const marked = new Ear(protocol);
    for (const { direction, units } of messages) {
      for (const unit of units) {
        const bytes = Buffer.from(unit as string);
        for (const half of [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)]) {
          if (half.length > 0) marked.data(direction, half);
        }
        marked.gap(direction, 0, true);
      }
    }
    assert.deepEqual(withNumberedCalls(marked.heard), withNumberedCalls(expected));
  });

  it('leaves the bytes that follow as they are', () => {
    const bytes = Buffer.concat([joined(messages, SEND), Buffer.from('"')]);
    const before = Buffer.from(bytes);
    new Ear(protocol).decoder.data(SEND, bytes, 0, bytes.length - 1, 0);
    assert.deepEqual(bytes.subarray(0, -1), before.subarray(0, -1));
  });

  it('takes the time of the first byte of a request and of the last of a response', () => {
    const ear = new Ear(protocol);
    const times: number[] = [];
    for (const { direction, units } of messages) {
      const bytes = Buffer.concat(units.map((unit) => Buffer.from(unit as string)));
      const first = ++ear.timeMs;
      ear.data(direction, bytes.subarray(0, bytes.length >> 1));
      const last = ++ear.timeMs;
      ear.data(direction, bytes.subarray(bytes.length >> 1));
      times.push(ear.heard.at(-1)?.kind === 'request' ? first : last);
    }
    assert.deepEqual(
      ear.heard.map((one) => (one.kind === 'undecodable' ? undefined : one.timeMs)),
      times,
    );
  });
}

function recovers(protocol: Protocol, { messages }: Sample): void {
  it('finds later messages when the rest of a unit is missing', () => {
    const all = hear(protocol, messages);
    for (let missing = 1; missing < messages.length; missing++) {
      const expected = withNumberedCalls(all.slice(missing + 1));
      messages[missing].units.forEach((_unit, index) => {
        cutUnit(protocol, messages, missing, index, expected);
      });
    }
  });

  it('tells one thing of a message that was cut, and nothing that is wrong', () => {
    const all = hear(protocol, messages);
    for (let index = 1; index < messages.length; index++) {
      const { direction, units } = messages[index];
      const unit = Buffer.from(units.at(-1) as string);
      for (let kept = 1; kept < unit.length; kept++) {
        for (const tail of [0, 8, 30].filter((bytes) => bytes < unit.length - kept)) {
          const ear = hearEar(protocol, messages.slice(0, index));
          for (const before of units.slice(0, -1)) ear.data(direction, before as string);
          ear.data(direction, unit.subarray(0, kept)).gap(direction, unit.length - kept - tail, tail === 0);
          if (tail > 0) ear.data(direction, unit.subarray(unit.length - tail)).gap(direction, 0, true);
          const [told, ...doubts] = ear.heard.slice(index);
          const asked = new Set(ear.listener.requests.map(({ id }) => id));
          isPartOf(protocol, told, all[index], asked, `${kept} bytes and ${tail} of message ${index}`);
          // What carries an answer that was not understood may say whose it was.
          const ofAnswer = told.kind === 'undecodable' ? doubts.slice(0, 1) : [];
          assert.ok(ofAnswer.every((one) => one.kind === 'response' && one.doubt === 'truncated'));
          assert.equal(doubts.length, ofAnswer.length);
        }
      }
    }
  });

  it('finds later messages, up to one, after a loss', () => {
    const all = hear(protocol, messages);
    for (let lost = 1; lost < messages.length - 2; lost++) {
      for (const bytesBefore of [0, 1, 7]) {
        const ear = hearEar(protocol, messages.slice(0, lost));
        const next = messages[lost];
        if (bytesBefore > 0)
          ear.data(next.direction, Buffer.from(next.units[0] as string).subarray(0, bytesBefore));
        ear.lose();
        const before = ear.heard.length;
        for (const message of messages.slice(lost + 1)) show(ear, message);
        const expected = withNumberedCalls(all.slice(lost + 1));
        const heard = withNumberedCalls(ear.heard.slice(before).slice(-expected.length));
        assert.deepEqual(heard, expected, `lost ${lost} behind ${bytesBefore} bytes`);
      }
    }
  });
}

/** Whether what was told of a message that was cut is true of the whole. */
function isPartOf(
  { convention }: Protocol,
  told: Heard,
  whole: Heard,
  asked: ReadonlySet<unknown>,
  what: string,
): void {
  if (told.kind === 'undecodable') {
    assert.equal(told.reason, 'truncated', what);
    return;
  }
  assert.ok(whole.kind !== 'undecodable');
  assert.equal(told.kind, whole.kind, what);
  if (told.kind === 'request') {
    const { method } = whole as Request;
    // Of a name that was cut nothing is told, what is told of one that is too many, or it without what it is about.
    const isTrue =
      [convention.unnamed(method), OTHER].includes(told.method) || `${method} `.startsWith(`${told.method} `);
    assert.ok(isTrue, `${told.method} is not ${method}: ${what}`);
    // Without a text, an id that is not known may be one of the carrier's.
    const isKnown = !told.isIdUnknown && (told.id === undefined || told.idText !== undefined);
    if (isKnown) assert.equal(told.id, whole.id, what);
  } else {
    // It may be told as an answer to nothing, but not as that to another request.
    if (told.id !== undefined && asked.has(told.id)) assert.equal(told.id, whole.id, what);
    const hasFailed = (whole as Response).error !== undefined;
    if (told.doubt === undefined) assert.equal(told.error !== undefined, hasFailed, what);
  }
}

/** Ends a unit of a message at every byte, and compares what is told of the messages behind it. */
function cutUnit(
  protocol: Protocol,
  messages: readonly SampleMessage[],
  missing: number,
  index: number,
  expected: readonly Heard[],
): void {
  const { direction, units } = messages[missing];
  const unit = Buffer.from(units[index] as string);
  for (let kept = 0; kept < unit.length; kept++) {
    const ear = hearEar(protocol, messages.slice(0, missing));
    for (const before of units.slice(0, index)) ear.data(direction, before as string);
    ear.data(direction, unit.subarray(0, kept)).gap(direction, unit.length - kept, true);
    for (const behind of units.slice(index + 1)) ear.data(direction, behind as string);
    const count = ear.heard.length;
    for (const message of messages.slice(missing + 1)) show(ear, message);
    assert.deepEqual(
      withNumberedCalls(ear.heard.slice(count)),
      expected,
      `${kept} bytes of unit ${index} of message ${missing}`,
    );
  }
}

function endures(protocol: Protocol, samples: readonly Sample[]): void {
  it('never throws, whatever it is shown', () => {
    const direction = fc.constantFrom<Direction>(SEND, RECV);
    const text = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      '\\',
      '\n',
      '\r\n\r\n',
      '{"id":',
      'HTTP/1.1 200 OK\r\n',
    );
    const piece = fc.oneof(fc.uint8Array({ maxLength: 64 }), text);
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ direction, piece }) },
      { weight: 1, arbitrary: fc.record({ direction, count: fc.nat(2 ** 40), endsUnit: fc.boolean() }) },
      { weight: 1, arbitrary: fc.constant('lose' as const) },
    );
    const opening = fc.constantFrom(...samples);
    fc.assert(
      fc.property(opening, fc.array(step, { maxLength: 40 }), ({ messages }, steps) => {
        const ear = hearEar(protocol, messages.slice(0, 2));
        for (const one of steps) {
          if (one === 'lose') ear.lose();
          else if ('piece' in one) ear.data(one.direction, one.piece);
          else ear.gap(one.direction, one.count, one.endsUnit);
        }
        const unknown = ear.listener.reasons.filter((reason) => reason === 'unknown_protocol');
        assert.equal(unknown.length, ear.decoder.hasGivenUp ? 1 : 0);
      }),
      { numRuns: 500 },
    );
  });

  it('says nothing more once it has given up', () => {
    const ear = new Ear(protocol);
    for (let i = 0; i < 1000 && !ear.decoder.hasGivenUp; i++) ear.data(SEND, `\x00${i}`);
    assert.equal(ear.decoder.hasGivenUp, true);
    const { length } = ear.heard;
    ear.gap(RECV, 10, true).lose();
    for (const message of samples[0].messages) show(ear, message);
    assert.equal(ear.heard.length, length);
  });

  it('keeps a bounded part of a unit that does not end', () => {
    const before = liveBytes();
    const ears = samples.flatMap(({ messages: [{ direction, units }] }) =>
      ['[', 'x', '"', '\\', '{"a":'].map((fill) => showEndless(protocol, direction, units, fill)),
    );
    const kept = liveBytes() - before;
    assert.ok(kept < ears.length * KEPT_BYTES_MAX, `${kept} bytes are kept by ${ears.length}`);
  });
}

/** A message that begins as it should, and does not end. */
function showEndless(
  protocol: Protocol,
  direction: Direction,
  units: SampleMessage['units'],
  fill: string,
): Ear {
  const ear = new Ear(protocol);
  for (const unit of units.slice(0, -1)) ear.data(direction, unit as string);
  const last = Buffer.from(units.at(-1) as string);
  ear.data(direction, last.subarray(0, last.length >> 1));
  const piece = Buffer.alloc(65_537, fill);
  for (let shown = 0; shown < UNFINISHED_BYTES; shown += 65_536)
    ear.decoder.data(direction, piece, 0, 65_536, 0);
  return ear;
}

function hear(protocol: Protocol, messages: readonly SampleMessage[]): Heard[] {
  return hearEar(protocol, messages).heard;
}

function hearEar(protocol: Protocol, messages: readonly SampleMessage[]): Ear {
  const ear = new Ear(protocol);
  for (const message of messages) show(ear, message);
  return ear;
}

function show(ear: Ear, { direction, units }: SampleMessage): void {
  for (const unit of units) ear.data(direction, unit as string);
}

function joined(messages: readonly SampleMessage[], direction: Direction): Buffer {
  const ours = messages.filter((message) => message.direction === direction);
  return Buffer.concat(ours.flatMap(({ units }) => units.map((unit) => Buffer.from(unit as string))));
}
