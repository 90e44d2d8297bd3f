import type { Epoll } from '../../../linux/epoll.js';

/** So many turns pass at most before looking again pays for a try, after it has been in vain again and again. */
const TURNS_LEFT_OUT_MAX = 255;

/**
 * Waits for what happens next on a relay thread. With a time to look, the thread first looks again and again whether something has happened,
 * as long as something has happened at the last turn: being put to sleep and woken takes longer than most servers need to answer.
 * Each time that was in vain leaves out twice as many turns as the last.
 */
export class EventWait {
  readonly #epoll: Epoll;
  readonly #lookMs: number;
  readonly #now: () => number;
  /** Whether something has happened at the last turn. */
  #isHot = false;
  #leftOut = 0;
  #toLeaveOut = 0;

  /** `lookMs`: how long it is looked for at a time; 0: not at all. `now`: monotonic, in ms with a fraction. */
  constructor(epoll: Epoll, lookMs: number, now: () => number) {
    this.#epoll = epoll;
    this.#lookMs = lookMs;
    this.#now = now;
  }

  /** As Epoll's. */
  wait(timeoutMs: number): number {
    const isLooking = this.#isHot && timeoutMs !== 0 && this.#lookMs > 0 && this.#mayLook();
    const seen = isLooking ? this.#look() : 0;
    const count = seen === 0 ? this.#epoll.wait(timeoutMs) : seen;
    this.#isHot = count > 0;
    return count;
  }

  #mayLook(): boolean {
    if (this.#leftOut < this.#toLeaveOut) {
      this.#leftOut++;
      return false;
    }
    this.#leftOut = 0;
    return true;
  }

  /** The result of the last look: 0 if all were in vain. */
  #look(): number {
    const endMs = this.#now() + this.#lookMs;
    do {
      const count = this.#epoll.wait(0);
      if (count === 0) continue;
      this.#toLeaveOut = 0;
      return count;
    } while (this.#now() < endMs);
    this.#toLeaveOut = Math.min(2 * this.#toLeaveOut + 1, TURNS_LEFT_OUT_MAX);
    return 0;
  }
}
