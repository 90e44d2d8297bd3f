import { settlesWithin } from '../../../async/deadline.js';
import type { RelayCommand } from '../relay/messages.js';
import type { RelayThread } from './relay-thread.js';
import { Tally } from './tally.js';

/** How long threads may take to answer, in ms. They answer in the turn they are in. */
const ANSWER_MS = 5000;

/** The threads of a pool, all together. */
export class PoolThreads {
  /** All there ever were; each by its number. */
  readonly all: RelayThread[] = [];
  readonly #living = new Set<number>();

  add(thread: RelayThread): void {
    this.#living.add(this.all.length);
    this.all.push(thread);
  }

  /** A thread has ended and answers no more. */
  remove(thread: number): void {
    this.#living.delete(thread);
  }

  isLiving(thread: number): boolean {
    return this.#living.has(thread);
  }

  send(command: RelayCommand): void {
    for (const thread of this.all) thread.send(command);
  }

  /** Expects an answer from each thread that runs. */
  tally(): Tally {
    return new Tally(this.#living);
  }

  /** Waits until all threads have answered. Ends those that do not: they would hold up all that follows. */
  async answers(tally: Tally): Promise<void> {
    if (await settlesWithin(tally.done, ANSWER_MS)) return;
    await Promise.all([...tally.waiting].map((thread) => this.all[thread].stop()));
    await tally.done;
  }
}
