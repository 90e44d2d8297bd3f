import assert from 'node:assert/strict';
import type { RecordView } from '../../../src/processors/capture/ring/record.js';
import { Parking } from '../../../src/processors/enrich/parking.js';
import { type RingReading, startReading } from '../../../src/processors/enrich/ring-reading.js';
import { Ring } from '../capture/ring/fixture.js';

const KIB = 2 ** 10;
const RECORD_BYTES = 64 * KIB;

/** What is parked at most. */
const MAX_BYTES = 8 * KIB * KIB;

const [LOUD, QUIET] = [1, 2];

describe('Parking', () => {
  let known: Set<number>;
  let parking: Parking;
  let ring: Ring;
  let reading: RingReading;

  beforeEach(() => {
    known = new Set();
    parking = new Parking((source) => known.has(source));
    ring = new Ring({ entries: 4, maxBytes: 4 * RECORD_BYTES });
    reading = startReading(0, ring.memory);
  });

  /** A record of a source comes; whether it is parked. */
  function park(source: number, text: string): boolean {
    ring.writeText(text, { source, connection: source });
    return parking.takes(reading, reading.reader.next() ?? assert.fail('there is none'), 0);
  }

  function released(): string[] {
    const texts: string[] = [];
    parking.release(reading, 0, false, ({ bytes, bytesFrom, captured }: RecordView) =>
      texts.push(bytes.toString('latin1', bytesFrom, bytesFrom + captured)),
    );
    return texts;
  }

  it('keeps records in their order until it is known whose they are', () => {
    assert.ok(park(QUIET, 'a') && park(QUIET, 'b'));
    assert.deepEqual(released(), []);
    known.add(QUIET);
    assert.ok(park(QUIET, 'c'), 'others of its connection wait');
    assert.deepEqual(released(), ['a', 'b', 'c']);
    assert.equal(park(QUIET, 'd'), false);
  });

  it('has room for a source that comes when another has parked all it may', () => {
    const large = 'x'.repeat(RECORD_BYTES);
    let parked = 0;
    while (park(LOUD, large)) parked++;
    assert.ok(parked * RECORD_BYTES <= MAX_BYTES / 2);
    for (let i = 0; i < 10; i++) assert.ok(park(QUIET, large));
    known.add(LOUD);
    assert.equal(released().length, parked);
    assert.ok(park(3, large));
  });
});
