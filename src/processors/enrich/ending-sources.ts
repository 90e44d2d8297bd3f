import type { RingReading } from './ring-reading.js';

/** Sources of which no more records are written: they end once each ring is read up to where it was then. */
export class EndingSources {
  readonly #positions = new Map<number, ReadonlyMap<RingReading, number>>();

  /** No more records of a source come behind those that are in these rings now. */
  add(source: number, rings: Iterable<RingReading>): void {
    const positions = Array.from(rings, (ring) => {
      return [ring, ring.reader.position + ring.reader.waiting] as const;
    });
    this.#positions.set(source, new Map(positions));
  }

  /** Those whose last record has been read since this was asked last. */
  takeRead(): number[] {
    const read: number[] = [];
    for (const [source, positions] of this.#positions) {
      if ([...positions].some(([ring, position]) => ring.reader.position < position)) continue;
      this.#positions.delete(source);
      read.push(source);
    }
    return read;
  }
}
