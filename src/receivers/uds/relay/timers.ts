const NEVER = Number.POSITIVE_INFINITY;

/** What has something to do at a time of its own. */
export interface Timed {
  /** Monotonic ms of the next `tick` that has something to do, Infinity when there is none. */
  readonly nextMs: number;
  /** Does what is due, if anything is. */
  tick(nowMs: number): void;
}

/** What a loop does when its time has come. */
export class Timers {
  readonly #timed: Timed[];
  readonly #now: () => number;

  constructor(timed: readonly Timed[], now: () => number) {
    this.#timed = [...timed];
    this.#now = now;
  }

  add(timed: Timed): void {
    this.#timed.push(timed);
  }

  /** How long the loop may wait, in ms; -1: for ever. */
  get timeoutMs(): number {
    const next = this.#nextMs();
    return next === NEVER ? -1 : Math.max(0, Math.ceil(next - this.#now()));
  }

  /** Does what is due. */
  run(): void {
    if (this.#nextMs() === NEVER) return;
    const nowMs = this.#now();
    for (const each of this.#timed) each.tick(nowMs);
  }

  #nextMs(): number {
    let next = NEVER;
    for (const { nextMs } of this.#timed) next = Math.min(next, nextMs);
    return next;
  }
}
