import { SeriesTable } from '../../../telemetry/series-table.js';
import { RELAY_THREAD_INSTRUMENTS } from '../instruments.js';

/** Counts the relay threads of a receiver that have ended by themselves. */
export class ThreadFailures {
  /** Of RELAY_THREAD_INSTRUMENTS. */
  readonly table = new SeriesTable(RELAY_THREAD_INSTRUMENTS, {
    maxSeries: Number.POSITIVE_INFINITY,
    lingerMs: 0,
  });
  readonly #row = Float64Array.of(0);

  /** `receiver`: its id. */
  constructor(receiver: string) {
    this.table.open({ receiver }).attach([this.#row]);
  }

  count(): void {
    this.#row[0] += 1;
  }
}
