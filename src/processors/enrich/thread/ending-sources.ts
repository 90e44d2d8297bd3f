import type { ReadingMark } from '../../capture/ring/fair-ring-reader.js';
import type { RingReading } from './ring-reading.js';

/** Sources of which no more records are written: they end once each ring is read up to where it was then. */
export class EndingSources {
  readonly #marks = new Map<number, ReadonlyMap<RingReading, ReadingMark>>();

  /** No more records of a source come behind those that are in these rings now. */
  add(source: number, rings: Iterable<RingReading>): void {
    this.#marks.set(source, new Map(Array.from(rings, (ring) => [ring, ring.reader.mark()])));
  }

  /** Those whose last record has been read since this was asked last. */
  takeRead(): number[] {
    const read: number[] = [];
    for (const [source, marks] of this.#marks) {
      if ([...marks].some(([ring, mark]) => !ring.reader.isPast(mark))) continue;
      this.#marks.delete(source);
      read.push(source);
    }
    return read;
  }
}
