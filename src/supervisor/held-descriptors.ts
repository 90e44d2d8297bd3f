import { close } from '../linux/socket.js';
import type { DescriptorStore } from '../store/descriptor-store.js';
import { closeForGood, lendToServer } from '../store/left-behind.js';
import { isDescriptorName, isStoreName } from '../store/names.js';

/** More than any agent has sockets that containers mount; a faulty one must not use up all descriptors of the supervisor. */
export const MAX_HELD = 8192;

/** Descriptors that are held for the next agent, each under a name. */
export class HeldDescriptors {
  readonly #held = new Map<string, number>();
  readonly #upward: DescriptorStore;

  /** `upward`: what keeps them for the next supervisor. */
  constructor(upward: DescriptorStore) {
    this.#upward = upward;
  }

  get all(): ReadonlyMap<string, number> {
    return this.#held;
  }

  /** Takes a descriptor over, in place of one of the same name. Returns why it does not, if so; it is closed then. */
  hold(name: string, fd: number): string | undefined {
    const refusal = this.#refusal(name);
    if (refusal !== undefined) {
      close(fd);
      return refusal;
    }
    const former = this.#held.get(name);
    this.#held.set(name, fd);
    // A socket unit keeps its own.
    if (isStoreName(name)) this.#upward.keep(name, fd);
    if (former !== undefined && former !== fd) close(former);
    return undefined;
  }

  letGo(name: string): void {
    const fd = this.#held.get(name);
    if (fd === undefined) return;
    this.#held.delete(name);
    this.#upward.drop(name);
    close(fd);
  }

  /** No agent accepts for a while: paths that were taken over are their servers' until one does. `failed`: as of `closeForGood`. */
  lendToServers(failed: (message: string) => void): void {
    for (const [name, fd] of this.#held) lendToServer(name, fd, failed);
  }

  /** When the supervisor and all agents end. What is kept for the next one stays; otherwise no client is to find dead sockets. */
  end(failed: (message: string) => void): void {
    if (this.#upward.isKept) {
      this.lendToServers(failed);
      return;
    }
    for (const [name, fd] of this.#held) closeForGood(name, fd, failed);
    this.#held.clear();
  }

  #refusal(name: string): string | undefined {
    if (!isDescriptorName(name)) return 'a descriptor without a proper name';
    const isFull = this.#held.size >= MAX_HELD && !this.#held.has(name);
    return isFull ? `a descriptor more than the ${MAX_HELD} that are held` : undefined;
  }
}
