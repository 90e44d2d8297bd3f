import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RingReader } from '../../../../src/processors/capture/ring/ring-reader.js';
import { bytesOf, Ring, textsOf } from './fixture.js';

const KIB = 1024;

describe('ring readers', () => {
  it('begin with the oldest record there is', () => {
    const ring = new Ring({ entries: 2, maxBytes: KIB });
    for (const text of ['a', 'b', 'c']) ring.writeText(text);
    const reader = ring.reader();
    assert.deepEqual(textsOf(reader), ['b', 'c']);
    assert.equal(reader.lost, 0);
  });

  it('begin with the next record when they are told so', () => {
    const ring = new Ring({ entries: 2, maxBytes: KIB });
    ring.writeText('before');
    const reader = ring.reader({ fromNow: true });
    assert.equal(reader.next(), false);
    ring.writeText('after');
    assert.deepEqual(textsOf(reader), ['after']);
    assert.equal(reader.sequence, 1);
    assert.equal(reader.lost, 0);
  });

  it('read and lose independently of each other, and count it exactly', () => {
    const property = fc.property(
      fc.record({ entries: fc.integer({ min: 2, max: 9 }), maxBytes: fc.integer({ min: 256, max: 600 }) }),
      fc.array(fc.oneof(fc.record({ write: fc.nat(60) }), fc.record({ read: fc.nat(2) })), {
        maxLength: 200,
      }),
      (settings, steps) => {
        const ring = new Ring(settings);
        const readers = [0, 1, 2].map(() => new CheckedReader(ring.reader()));
        let written = 0;
        for (const step of steps) {
          if ('write' in step) ring.writeText(payloadOf(written++, step.write), { size: step.write });
          else readers[step.read].next();
        }
        for (const reader of readers) assert.equal(reader.finish(), written);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  it('say how many records wait', () => {
    const ring = new Ring({ entries: 4, maxBytes: KIB });
    const reader = ring.reader();
    for (let i = 0; i < 3; i++) ring.writeText('x');
    assert.equal(reader.waiting, 3);
    reader.next();
    assert.equal(reader.waiting, 2);
  });
});

describe('a sleeping ring reader', () => {
  function rung({ doorbell }: Ring): boolean {
    return Atomics.exchange(new Int32Array(doorbell), 0, 0) === 1;
  }

  it('is woken by as many records as it asked for, once', () => {
    const ring = new Ring({ entries: 8, maxBytes: KIB });
    const reader = ring.reader();
    ring.writeText('x');
    assert.equal(rung(ring), false, 'nobody sleeps yet');
    reader.wakeAfter(3, KIB);
    ring.writeText('x');
    assert.equal(rung(ring), false);
    ring.writeText('x');
    assert.equal(rung(ring), true);
    ring.writeText('x');
    assert.equal(rung(ring), false);
  });

  it('is woken by as many bytes as it asked for, and again when it asks again', () => {
    const ring = new Ring({ entries: 100, maxBytes: KIB });
    const reader = ring.reader();
    for (let round = 0; round < 20; round++) {
      reader.wakeAfter(50, 128);
      ring.writeText('x'.repeat(56));
      assert.equal(rung(ring), false);
      ring.writeText('x'.repeat(56));
      assert.equal(rung(ring), true);
      assert.equal(textsOf(reader).length, 2);
    }
    assert.equal(reader.lost, 0);
  });
});

function payloadOf(sequence: number, length: number): string {
  return `${sequence} `.repeat(length).slice(0, length);
}

/** Checks each record that it reads: it is the one written under its number, and later than the one before. */
class CheckedReader {
  #read = 0;
  #previous = -1;

  constructor(readonly reader: RingReader) {}

  next(): boolean {
    const { reader } = this;
    if (!reader.next()) return false;
    this.#read++;
    assert.ok(reader.sequence > this.#previous);
    assert.equal(bytesOf(reader).toString(), payloadOf(reader.sequence, reader.size));
    this.#previous = reader.sequence;
    return true;
  }

  /** Reads what is left. How many records were read or lost. */
  finish(): number {
    while (this.next());
    return this.#read + this.reader.lost;
  }
}
