import assert from 'node:assert/strict';
import { Parking } from '../../../../src/processors/enrich/thread/parking.js';
import { type RingReading, startReading } from '../../../../src/processors/enrich/thread/ring-reading.js';
import { Ring } from '../../capture/ring/fixture.js';

const KIB = 2 ** 10;
const MAX_BYTES = 256 * KIB;
const RECORD = 'x'.repeat(512);

describe('Parking', () => {
  let ring: Ring;
  let reading: RingReading;
  let known: Set<number>;
  let parking: Parking;

  beforeEach(() => {
    ring = new Ring({ entries: 2048, maxBytes: 4096 * KIB });
    reading = startReading(0, ring.memory);
    known = new Set();
    parking = new Parking((source) => known.has(source), MAX_BYTES);
  });

  /** Writes a record and offers it. Whether it is parked. */
  function offer(source: number, ordinal = 0): boolean {
    ring.writeText(RECORD, { source, connection: source, ordinal });
    const record = reading.reader.next();
    assert.ok(record);
    return parking.takes(reading, record, 0);
  }

  function release(isLast = false): number[] {
    const sources: number[] = [];
    parking.release(reading, 0, isLast, ({ source }) => sources.push(source));
    return sources;
  }

  it('keeps records until it is known whose they are, in their order', () => {
    assert.ok(offer(1, 0) && offer(2, 0) && offer(1, 1));
    assert.deepEqual(release(), []);
    known.add(1);
    assert.deepEqual(release(), [1, 1]);
    assert.equal(offer(1, 2), false);
    assert.deepEqual(release(true), [2]);
    assert.equal(reading.parked.size, 0);
  });

  it('has who fills it lose his own, and room for others', () => {
    const taken = Array.from({ length: 1000 }, (_, ordinal) => offer(1, ordinal));
    const count = taken.filter(Boolean).length;
    assert.ok(count < MAX_BYTES / KIB && count > 150, String(count));
    for (let ordinal = 0; ordinal < 20; ordinal++) assert.ok(offer(2, ordinal));
    known.add(2);
    assert.equal(release().length, 20);
    known.add(1);
    assert.equal(release().length, count);
    assert.ok(offer(3), 'all of it is free again');
  });
});
