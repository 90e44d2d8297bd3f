import { UNATTRIBUTED_REASONS, type UnattributedReason } from '../../../identity/process-snapshot.js';
import type { SeriesHandle, SeriesTable } from '../../../telemetry/series-table.js';
import { OPENED } from '../counters.js';

/**
 * Counts the connections of clients that could be looked at but not attributed: whether a container is known is found out
 * on the main thread. Relay threads count the clients that they could not look at.
 */
export class UnattributedFlows {
  readonly #attribution: SeriesTable;
  readonly #receiver: string;
  /** All connections there were, by the index of UNATTRIBUTED_REASONS; brought up to date before it is read. */
  readonly #row = new Float64Array(UNATTRIBUTED_REASONS.length);
  readonly #ended = new Float64Array(UNATTRIBUTED_REASONS.length);
  readonly #flows = new Map<Float64Array, number>();
  #handle: SeriesHandle | undefined;

  /** `attribution`: of ATTRIBUTION_INSTRUMENTS. `receiver`: id of the receiver that it is of. */
  constructor(attribution: SeriesTable, receiver: string) {
    this.#attribution = attribution;
    this.#receiver = receiver;
    attribution.onReading(() => this.#count());
  }

  /** Counts the connections of a flow. Returns a function that ends this, for when the counters are final. */
  follow(counters: Float64Array, reason: UnattributedReason): () => void {
    if (this.#handle === undefined) {
      this.#handle = this.#attribution.open({ receiver: this.#receiver });
      this.#handle.attach([this.#row]);
    }
    const index = UNATTRIBUTED_REASONS.indexOf(reason);
    this.#flows.set(counters, index);
    return () => {
      if (this.#flows.delete(counters)) this.#ended[index] += counters[OPENED];
    };
  }

  #count(): void {
    this.#row.set(this.#ended);
    for (const [counters, index] of this.#flows) this.#row[index] += counters[OPENED];
  }
}
