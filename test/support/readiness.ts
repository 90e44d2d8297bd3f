import { EPOLLET } from '../../src/linux/constants.js';
import { Epoll } from '../../src/linux/epoll.js';
import type { Cleanup } from './cleanup.js';

/** What the kernel tells those who wait at some descriptors, edge-triggered: each thing once, when it happens. */
export class Readiness {
  readonly #epoll = new Epoll(1024);

  constructor(cleanup: Cleanup) {
    cleanup.defer(() => this.#epoll.close());
  }

  /** Waits for EPOLL* bits of a descriptor, which are told under its number. */
  watch(fd: number, events: number): void {
    this.#epoll.add(fd, events | EPOLLET, fd, 0);
  }

  /** What has happened since the last look: EPOLL* bits by descriptor. */
  look(): Map<number, number> {
    const count = this.#epoll.wait(0);
    return new Map(
      Array.from({ length: Math.max(0, count) }, (_, i) => [this.#epoll.token(i), this.#epoll.events(i)]),
    );
  }
}
