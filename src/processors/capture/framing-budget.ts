import { monotonicMs } from '../../linux/clock.js';

/** Steps of a Meter that are a ms. */
const STEPS_A_MS = 1_000_000;

/** The part of a thread's time that all of its clients together may have, and what they may have at once, in ms. */
const COMMON_PART = 1 / 16;
const COMMON_MS = 0.06;

/** The same of each of them, where the others leave it nothing. */
const OWN_PART = 1 / 100;
const OWN_MS = 3;

const COMMON_STEPS = COMMON_MS * STEPS_A_MS;
const OWN_STEPS = OWN_MS * STEPS_A_MS;

/** Clients that there is room for at first. */
const CLIENTS = 64;

/**
 * What finding messages may take of a relay thread's time, while others wait for theirs.
 *
 *   common  a sixteenth of the time, 60 µs at once, first come first served
 *   own     a hundredth of the time for each client, three ms at once: a burst now and then, and always enough for
 *           a client that says little while others use up the common part
 *
 * Both fill as time passes. The budget looks at the clock only when the common part is used up.
 */
export class FramingBudget {
  readonly #now: () => number;
  #common = COMMON_STEPS;
  #commonMs: number;
  /** By client. */
  #own = new Float64Array(CLIENTS).fill(OWN_STEPS);
  #ownMs = new Float64Array(CLIENTS);

  /** `now`: monotonic ms. */
  constructor(now: () => number = monotonicMs) {
    this.#now = now;
    this.#commonMs = now();
  }

  /** Whether messages of a client may be framed now. The caller pays for what that takes. */
  allows(client: number): boolean {
    return this.#common > 0 || this.#fill(client);
  }

  /** Pays for what has been done. */
  pay(client: number, steps: number): void {
    if (this.#common > 0) this.#common -= steps;
    else this.#own[client] -= steps;
  }

  #fill(client: number): boolean {
    const nowMs = this.#now();
    this.#common = Math.min(COMMON_STEPS, this.#common + (nowMs - this.#commonMs) * COMMON_PART * STEPS_A_MS);
    this.#commonMs = nowMs;
    if (client >= this.#own.length) this.#grow(client);
    const own = this.#own[client] + (nowMs - this.#ownMs[client]) * OWN_PART * STEPS_A_MS;
    this.#own[client] = Math.min(OWN_STEPS, own);
    this.#ownMs[client] = nowMs;
    return this.#common > 0 || this.#own[client] > 0;
  }

  #grow(client: number): void {
    const length = Math.max(2 * this.#own.length, client + 1);
    const [own, ownMs] = [this.#own, this.#ownMs];
    this.#own = new Float64Array(length).fill(OWN_STEPS);
    this.#ownMs = new Float64Array(length);
    this.#own.set(own);
    this.#ownMs.set(ownMs);
  }
}
