import type { ReadingMark } from '../../capture/ring/fair-ring-reader.js';
import type { RingReading } from './ring-reading.js';

/** What no more records are written of: it ends once each ring is read up to where it was then. */
export class Endings {
  /** By the number of what ends. */
  readonly #marks = new Map<number, ReadonlyMap<RingReading, ReadingMark>>();

  /** No more records of it come behind those that are in these rings now. */
  add(number: number, rings: Iterable<RingReading>): void {
    this.#marks.set(number, new Map(Array.from(rings, (ring) => [ring, ring.reader.mark()])));
  }

  /** Those of which the last record has been read since this was asked last. */
  takeRead(): number[] {
    const read: number[] = [];
    for (const [number, marks] of this.#marks) {
      if ([...marks].some(([ring, mark]) => !ring.reader.isPast(mark))) continue;
      this.#marks.delete(number);
      read.push(number);
    }
    return read;
  }
}
