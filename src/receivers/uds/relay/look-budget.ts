import { TimerFd } from '../../../linux/timer-fd.js';

/** A look at bytes costs a system call, and as much as another one for each so many bytes, which the kernel copies. */
const BYTES_SHIFT = 12;

/** What looks may cost in each period, in system calls: some 1% of the time of a thread. */
const COST_MAX = 100;
const PERIOD_MS = 10;

/** Where all is spent in less than this, looks find descriptors by chance only: the thread reads much more than it may look at. */
const BUSY_MS = PERIOD_MS / 2;

/** The longest time from one such budget to the next. */
const REST_MS_MAX = 8 * PERIOD_MS;

/**
 * What a relay thread may spend on looking for descriptors where none have been seen yet: all that it wants while it has little to do, and a
 * small part of its time when it has more. The clock is read only when all is spent. If that was too soon, a timer, which
 * is a descriptor, says when to go on: each time twice as late while the thread is busy.
 */
export class LookBudget {
  /** Whether something is left. */
  isLeft = true;
  readonly #now: () => number;
  readonly #timer = new TimerFd();
  #left = COST_MAX;
  #sinceMs: number;
  /** From when it began until the next one begins, if all is spent too soon. */
  #restMs = PERIOD_MS;

  /** `now`: in monotonic ms. @throws SystemCallError when the process is out of descriptors. */
  constructor(now: () => number) {
    this.#now = now;
    this.#sinceMs = now();
  }

  /** Readable when it is time to `refill`. */
  get timerFd(): number {
    return this.#timer.fd;
  }

  /** So many bytes were looked at. */
  spend(bytes: number): void {
    // One that passes descriptors is looked at in any case, and the timer is set already.
    if (!this.isLeft) return;
    this.#left -= 1 + (bytes >>> BYTES_SHIFT);
    if (this.#left <= 0) this.#end();
  }

  /** The timer has gone off. */
  refill(): void {
    this.#timer.clear();
    this.#begin(this.#now());
  }

  close(): void {
    this.#timer.close();
  }

  #begin(nowMs: number): void {
    this.#sinceMs = nowMs;
    this.#left = COST_MAX;
    this.isLeft = true;
  }

  #end(): void {
    const nowMs = this.#now();
    const tookMs = nowMs - this.#sinceMs;
    if (tookMs >= PERIOD_MS) {
      this.#restMs = PERIOD_MS;
      this.#begin(nowMs);
      return;
    }
    this.isLeft = false;
    this.#timer.start(this.#restMs - tookMs);
    this.#restMs = tookMs < BUSY_MS ? Math.min(2 * this.#restMs, REST_MS_MAX) : PERIOD_MS;
  }
}
