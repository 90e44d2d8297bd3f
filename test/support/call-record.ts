import type { Counts } from './capturing-agent.js';
import { Tally } from './tally.js';

/** Calls of one method that ended alike. */
interface Tallied {
  count: number;
  seconds: number;
}

/** Where nobody has looked how long a call took: any duration may be true. */
export const UNTIMED = Number.POSITIVE_INFINITY;

/** What one side of a conversation knows of its calls by itself: which there were, how they ended, how long they took. */
export class CallRecord {
  readonly #answered = new Map<string, Tallied>();
  readonly #others = new Tally();

  /** A call that was answered: `seconds` after it was asked or heard, with the code `error` if it failed. */
  answered(method: string, seconds: number, error?: string | number): void {
    const key = error === undefined ? method : `${method} ${error}`;
    const tallied = this.#answered.get(key) ?? { count: 0, seconds: 0 };
    tallied.count++;
    tallied.seconds += seconds;
    this.#answered.set(key, tallied);
  }

  notified(method: string): void {
    this.#others.add(method);
  }

  /** A call of which no answer comes that udscope could see: it is told as `outcome`. */
  unanswered(method: string, outcome: string): void {
    this.#others.add(`${method} ${outcome}`);
  }

  /** Makes a call that is recorded once it has been answered. `codeOf`: of what it is rejected with. */
  async ask<T>(
    method: string,
    call: () => Promise<T>,
    codeOf: (error: unknown) => string | number,
  ): Promise<T | undefined> {
    const startMs = performance.now();
    const took = () => (performance.now() - startMs) / 1000;
    try {
      const result = await call();
      this.answered(method, took());
      return result;
    } catch (error) {
      const seconds = took();
      this.answered(method, seconds, codeOf(error));
      return undefined;
    }
  }

  /** Calls and notifications, by method and, where they failed, error. */
  get calls(): Counts {
    return { ...this.answers, ...this.#others.counts };
  }

  /** Calls that were answered, in the same way. */
  get answers(): Counts {
    return Object.fromEntries([...this.#answered].map(([key, { count }]) => [key, count]));
  }

  /** How long these took together. */
  get seconds(): Counts {
    return Object.fromEntries([...this.#answered].map(([key, { seconds }]) => [key, seconds]));
  }
}
