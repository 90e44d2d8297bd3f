import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RingSettings } from '../../../../src/processors/capture/ring/layout.js';
import { repeat } from '../../../support/repeat.js';
import { FairRing, type Written } from './fair-fixture.js';

const KIB = 1024;

/** A quarter of the ring is the share of one client, and half of it the overflow. */
const ENTRIES = 64;
const KEPT_OF_ONE = ENTRIES / 4 + ENTRIES / 2;

const ROOMY: RingSettings = { entries: ENTRIES, maxBytes: 64 * KIB };

const LOUD = 1;
const LOUD_TOO = 2;
const QUIET = 3;

const numbersOf = (records: readonly Written[], client: number) =>
  records.filter((record) => record.client === client).map(({ number }) => number);

describe('fair ring', () => {
  it('gives one client what its share and the overflow hold, in order', () => {
    const ring = new FairRing(ROOMY);
    for (let i = 0; i < KEPT_OF_ONE; i++) ring.write(LOUD);
    assert.deepEqual(
      numbersOf(ring.read(), LOUD),
      repeat(KEPT_OF_ONE, (i) => i),
    );
    assert.equal(ring.reader.lost, 0);
  });

  it('keeps the oldest and the newest of a client that is too loud, and counts the others as its own', () => {
    const ring = new FairRing(ROOMY);
    for (let i = 0; i < 1000; i++) ring.write(LOUD);
    const expected = [
      ...repeat(ENTRIES / 4, (i) => i),
      ...repeat(ENTRIES / 2, (i) => 1000 - ENTRIES / 2 + i),
    ];
    assert.deepEqual(numbersOf(ring.read(), LOUD), expected);
    assert.equal(ring.lostOf(LOUD), 1000 - KEPT_OF_ONE);
    assert.equal(ring.reader.lost, 1000 - KEPT_OF_ONE);
  });

  for (const [what, bytes] of [
    ['records', 0],
    ['bytes', 4 * KIB],
  ] as const) {
    it(`loses nothing of quiet clients to those who are loud in ${what}`, () => {
      const ring = new FairRing(ROOMY);
      for (let round = 0; round < 4; round++) {
        for (let i = 0; i < 100; i++) {
          ring.write(LOUD, bytes);
          ring.write(LOUD_TOO, bytes);
        }
        ring.write(QUIET, 100);
      }
      assert.deepEqual(
        numbersOf(ring.read(), QUIET),
        repeat(4, (i) => i),
      );
      assert.equal(ring.lostOf(QUIET), 0);
      assert.ok(ring.lostOf(LOUD) > 300 && ring.lostOf(LOUD_TOO) > 300);
    });
  }

  it('has room for who is quiet whatever the number of the others is', () => {
    const ring = new FairRing({ entries: 1024, maxBytes: 1024 * KIB });
    for (let i = 0; i < 4000; i++) ring.write(10 + (i % 100));
    for (let i = 0; i < 3; i++) ring.write(QUIET);
    assert.deepEqual(numbersOf(ring.read(), QUIET), [0, 1, 2]);
  });

  it('takes somebody as quiet again once all is read of him', () => {
    const ring = new FairRing(ROOMY);
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < KEPT_OF_ONE; i++) ring.write(LOUD);
      assert.equal(ring.read().length, KEPT_OF_ONE);
    }
    assert.equal(ring.lostOf(LOUD), 0);
  });

  it('gives out records of a client in their order, when it is loud in between', () => {
    const ring = new FairRing(ROOMY);
    const read: Written[] = [];
    for (let i = 0; i < 5000; i++) {
      ring.write(LOUD);
      if (i % 5 === 0) ring.write(QUIET);
      if (i % 3 === 0) read.push(...ring.read(1));
    }
    read.push(...ring.read());
    for (const client of [LOUD, QUIET]) {
      const numbers = numbersOf(read, client);
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      );
      assert.equal(numbers.length + ring.lostOf(client), ring.written(client));
    }
    assert.equal(ring.lostOf(QUIET), 0);
  });

  it('reads as many bytes of the quiet as of the loud', () => {
    const ring = new FairRing({ entries: 1024, maxBytes: 1024 * KIB });
    for (let i = 0; i < 2000; i++) ring.write(LOUD, 2 * KIB);
    ring.read();
    // All of the loud one is in the overflow by now, and stays there while it is not read.
    for (let i = 0; i < 2000; i++) ring.write(LOUD, 2 * KIB);
    ring.read(200);
    for (let i = 0; i < 50; i++) ring.write(QUIET, 100);
    const read = ring.read(100);
    assert.equal(numbersOf(read, QUIET).length, 50);
  });

  it('is read on where another reader has ended', () => {
    const ring = new FairRing(ROOMY);
    for (let i = 0; i < KEPT_OF_ONE; i++) ring.write(LOUD);
    const before = ring.read(20);
    ring.restartReader();
    assert.deepEqual(
      numbersOf([...before, ...ring.read()], LOUD),
      repeat(KEPT_OF_ONE, (i) => i),
    );
  });

  it('goes on when nobody reads it', () => {
    const ring = new FairRing(ROOMY);
    for (let i = 0; i < 10_000; i++) ring.write(1 + (i % 50), i % 3000);
    const read = ring.read().length;
    const lost = repeat(50, (i) => ring.lostOf(1 + i)).reduce((sum, count) => sum + count);
    assert.equal(read + lost, 10_000);
  });

  it('knows when all is read up to a mark', () => {
    const ring = new FairRing(ROOMY);
    for (let i = 0; i < KEPT_OF_ONE; i++) ring.write(LOUD);
    const mark = ring.reader.mark();
    for (let i = 0; i < KEPT_OF_ONE; i++) {
      assert.equal(ring.reader.isPast(mark), false);
      assert.equal(ring.reader.waiting, KEPT_OF_ONE - i);
      ring.read(1);
    }
    assert.equal(ring.reader.isPast(mark), true);
    assert.equal(ring.reader.waiting, 0);
  });

  it('wakes who sleeps when part of the ring, or of the overflow, is to be read', () => {
    const ring = new FairRing(ROOMY);
    ring.reader.wakeAfter(0.25);
    while (!ring.hasRung()) ring.write(LOUD);
    assert.equal(ring.written(LOUD), ENTRIES / 8);
    while (ring.written(LOUD) < ENTRIES / 4) ring.write(LOUD);
    assert.equal(ring.hasRung(), false);
    while (!ring.hasRung()) ring.write(LOUD);
    assert.equal(ring.written(LOUD), ENTRIES / 4 + ENTRIES / 8);
    ring.read();
    ring.reader.wakeAfter(0);
    assert.equal(ring.hasRung(), false);
    ring.write(LOUD);
    assert.equal(ring.hasRung(), true);
  });

  it('tells no client from another whose record was begun and not finished', () => {
    const ring = new FairRing(ROOMY);
    for (let i = 0; i < KEPT_OF_ONE; i++) ring.write(LOUD);
    ring.writer.begin(0, 0, LOUD, LOUD);
    ring.read();
    for (let i = 0; i < ENTRIES / 4; i++) ring.write(LOUD);
    for (let i = 0; i < 1000; i++) ring.write(LOUD_TOO);
    const expected = repeat(ENTRIES / 4, (i) => KEPT_OF_ONE + i);
    assert.deepEqual(numbersOf(ring.read(), LOUD), expected);
  });

  it('keeps order, accounts and quiet clients, whatever is written and read when', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ client: fc.nat(4), bytes: fc.nat(5000) }) },
      { weight: 3, arbitrary: fc.nat(8) },
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }),
        fc.constantFrom(24 * KIB, 64 * KIB),
        fc.array(step, { maxLength: 300 }),
        (entries, maxBytes, steps) => {
          const ring = new FairRing({ entries, maxBytes });
          const read: Written[] = [];
          for (const each of steps) {
            if (typeof each === 'number') read.push(...ring.read(each));
            else ring.write(each.client, each.bytes);
          }
          read.push(...ring.read());
          for (let client = 0; client < 5; client++) {
            const numbers = numbersOf(read, client);
            assert.deepEqual(
              numbers,
              numbers.toSorted((a, b) => a - b),
            );
            assert.equal(new Set(numbers).size, numbers.length);
            assert.equal(numbers.length + ring.lostOf(client), ring.written(client));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
