import { CLIENT, type ConnectionTable, UPSTREAM } from './connection-table.js';

const NEVER = Number.POSITIVE_INFINITY;

/** How often connections are looked over, as a part of the shortest timeout. */
const SWEEP_FRACTION = 0.25;

/** Finds connections on which nothing has moved for longer than they may be idle. */
export class IdleWatch {
  readonly #table: ConnectionTable;
  readonly #now: () => number;
  readonly #expired: (slot: number) => void;
  #timeoutMsMin = NEVER;
  /** Monotonic ms of the next `tick` that has something to do, Infinity when there is none. */
  nextMs = NEVER;

  /** `expired` is called for a connection that has been idle for too long. */
  constructor(table: ConnectionTable, now: () => number, expired: (slot: number) => void) {
    this.#table = table;
    this.#now = now;
    this.#expired = expired;
  }

  /** Whether any connection has a limit. */
  get isNeeded(): boolean {
    return this.#timeoutMsMin !== NEVER;
  }

  /** A listener's connections may be idle for so long; 0: for ever. Old connections keep what they started with. */
  add(timeoutMs: number): void {
    if (timeoutMs === 0 || timeoutMs >= this.#timeoutMsMin) return;
    this.#timeoutMsMin = timeoutMs;
    this.#schedule(this.#now());
  }

  tick(nowMs: number): void {
    if (nowMs < this.nextMs) return;
    const { slots, idleTimeoutMs } = this.#table;
    for (let slot = 0; slot < slots; slot++) {
      const limitMs = this.#table.isOpen(slot) ? idleTimeoutMs[slot] : 0;
      if (limitMs > 0 && nowMs - this.#lastMs(slot) >= limitMs) this.#expired(slot);
    }
    this.#schedule(nowMs);
  }

  #lastMs(slot: number): number {
    const { acceptedMs, lastMovedMs } = this.#table;
    return Math.max(acceptedMs[slot], lastMovedMs[slot * 2 + CLIENT], lastMovedMs[slot * 2 + UPSTREAM]);
  }

  #schedule(nowMs: number): void {
    this.nextMs = nowMs + this.#timeoutMsMin * SWEEP_FRACTION;
  }
}
