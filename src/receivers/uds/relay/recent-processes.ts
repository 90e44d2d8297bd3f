import { NO_NUMBER, PidfdNumbers } from '../../../linux/pidfd-number.js';

/** How long it holds what was found out about a process, in ms: so late a change of its program or cgroup is seen. */
const RECENT_MS = 100;

/** Processes that are kept at a time. */
const PROCESSES_MAX = 1024;

interface Found<T> {
  readonly remote: T;
  readonly uid: number;
  readonly endMs: number;
}

/**
 * Who processes are that were looked at a moment ago, by their numbers: a process that connects a thousand times a second, or is
 * connected to, is looked at ten times.
 */
export class RecentProcesses<T> {
  readonly #numbers = new PidfdNumbers();
  readonly #found = new Map<number, Found<T>>();
  readonly #now: () => number;

  /** `now`: monotonic, in ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The number of the process of a pidfd; NO_NUMBER where none tells it. */
  numberOf(pidfd: number): number {
    return pidfd < 0 ? NO_NUMBER : this.#numbers.numberOf(pidfd);
  }

  get(process: number, uid: number): T | undefined {
    if (process === NO_NUMBER) return undefined;
    const found = this.#found.get(process);
    if (found === undefined) return undefined;
    if (found.uid === uid && this.#now() < found.endMs) return found.remote;
    this.#found.delete(process);
    return undefined;
  }

  keep(process: number, uid: number, remote: T): void {
    if (process === NO_NUMBER) return;
    if (this.#found.size >= PROCESSES_MAX) this.#found.clear();
    this.#found.set(process, { remote, uid, endMs: this.#now() + RECENT_MS });
  }
}
