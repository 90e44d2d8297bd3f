import { monotonicMs } from '../../linux/clock.js';

/** Records that have the time of one reading of the clock. */
const RECORDS_A_READING = 4;

/**
 * When records were made. Reading the clock is a sixth of what a short record costs, so of those that a thread makes one
 * after the other without having waited, some have one time: that of the first. The others were made later, by what the operations
 * between took, a few microseconds each.
 */
export class RecordClock {
  #left = 0;
  #ms = 0;

  /** Nothing was relayed for a while, however short. */
  waited(): void {
    this.#left = 0;
  }

  /** As `monotonicMs`. */
  readonly now = (): number => {
    if (this.#left === 0) {
      this.#left = RECORDS_A_READING;
      this.#ms = monotonicMs();
    }
    this.#left--;
    return this.#ms;
  };
}
