import { closeEventFd, openEventFd } from '../../../linux/event-fd.js';
import { discardShared } from '../../../linux/memory.js';
import { Arrivals, allocateArrivals } from '../relay/arrivals.js';
import { allocateClientHomes, ClientHomes } from '../relay/client-homes.js';
import type { RelayThreadData } from '../relay/messages.js';

/** What the threads of a pool pass on to each other, and how each is woken, as the main thread sees it. */
export class PoolNeighbours {
  /** What the threads share; undefined if there is one alone. */
  readonly memory: RelayThreadData['neighbours'];
  /** By thread: the eventfd that wakes it. Others signal it, too, so its number must not pass to another file before all have ended. */
  readonly wakeFds: number[] = [];
  readonly #homes: ClientHomes | undefined;

  /** @throws SystemCallError when the process is out of descriptors. */
  constructor(threads: number) {
    try {
      for (let i = 0; i < threads; i++) this.wakeFds.push(openEventFd());
    } catch (error) {
      this.end();
      throw error;
    }
    if (threads === 1) return;
    this.memory = { homes: allocateClientHomes(threads), arrivals: allocateArrivals(threads) };
    this.#homes = new ClientHomes(this.memory.homes);
  }

  setBusy(thread: number, isBusy: boolean): void {
    this.#homes?.setBusy(thread, isBusy);
  }

  /** A thread has ended. What was on its way there is closed, as all that it had. */
  forget(thread: number): void {
    if (this.memory === undefined) return;
    this.#homes?.setOpen(thread, false);
    new Arrivals(this.memory.arrivals, thread).closeAll();
  }

  /** The threads have ended. The garbage collection that frees the memory may be far away. */
  end(): void {
    for (const fd of this.wakeFds) closeEventFd(fd);
    for (const memory of Object.values(this.memory ?? {})) discardShared(memory, 0);
  }
}
