import { hasWaiting } from '../../../linux/socket.js';
import type { FormerSocket } from './relay-socket.js';
import type { Relaying } from './relaying.js';

/** How often to look whether somebody still waits, in ms. None can come any more: their path leads elsewhere. */
const LOOK_MS = 100;

/** Looks until they are given up: the threads are full, or the file is still reached by another path. */
const MAX_LOOKS = 300;

interface Former extends FormerSocket {
  readonly path: string;
  /** What is relayed on the path by now. */
  readonly heir: () => Relaying | undefined;
  looks: number;
}

/** Listening sockets that another has replaced: they accept who waits, and are closed. */
export class FormerSockets {
  readonly #formers = new Set<Former>();
  #timer: NodeJS.Timeout | undefined;

  add(path: string, former: FormerSocket, heir: () => Relaying | undefined): void {
    this.#formers.add({ ...former, path, heir, looks: 0 });
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** Closes those of a path, or all. When it resolves no thread looks at them any more. */
  async close(path?: string): Promise<void> {
    const closing = [...this.#formers].filter((former) => path === undefined || former.path === path);
    await Promise.all(closing.map((former) => this.#close(former)));
  }

  #look(): void {
    for (const former of this.#formers) {
      if (!hasWaiting(former.socket.fd) || ++former.looks > MAX_LOOKS) void this.#close(former);
    }
  }

  async #close(former: Former): Promise<void> {
    if (!this.#formers.delete(former)) return;
    if (this.#formers.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    const { relaying, socket, heir } = former;
    if (heir() !== undefined) relaying?.leave();
    await relaying?.stopAccepting();
    if (relaying !== undefined) heir()?.inherit(relaying);
    socket.discard();
  }
}
