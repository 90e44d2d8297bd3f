import { discardShared } from '../../../linux/memory.js';
import { allocateClientCounts, ClientCounts } from '../relay/client-counts.js';
import { Seldom } from '../relay/seldom.js';
import { descriptorBudget, receivedDescriptors } from './descriptor-budget.js';

/** How often it is logged of a client that it is turned away, in ms. */
const OVER_SHARE_MS = 60_000;

/** The clients of a pool, as the main thread sees them. */
export class PoolClients {
  /** What the threads count them in. */
  readonly memory: SharedArrayBuffer;
  readonly #counts: ClientCounts;
  readonly #threads: number;
  readonly #overShare = new Seldom(OVER_SHARE_MS);

  constructor(threads: number) {
    this.#threads = threads;
    this.memory = allocateClientCounts(threads);
    this.#counts = new ClientCounts(this.memory);
  }

  /** The threads have what they need themselves, and are about to open connections. */
  open(): void {
    descriptorBudget.add(this.#counts, this.#threads * receivedDescriptors(this.#threads));
  }

  /** Whether to log that a client is turned away: each thread reports it by itself. */
  isNews(client: string): boolean {
    return this.#overShare.allows(client, performance.now());
  }

  /** A thread has ended, and its connections with it. */
  forget(thread: number): void {
    this.#counts.clear(thread);
  }

  /** The pool opens no connections any more. */
  close(): void {
    descriptorBudget.remove(this.#counts);
  }

  /** The threads have ended. The garbage collection that frees the memory may be far away. */
  end(): void {
    this.close();
    discardShared(this.memory, 0);
  }
}
