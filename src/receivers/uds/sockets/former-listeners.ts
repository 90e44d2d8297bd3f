import { hasWaiting } from '../../../linux/socket.js';
import type { ListenSocket } from '../../../linux/unix-listener.js';
import type { Listening } from './listening.js';

/** How often to look whether a client still waits, in ms. No more can come: the path leads elsewhere. */
const LOOK_MS = 100;

/** Looks until a listener is given up: the threads are full, or the file is still reached by another path. */
const MAX_LOOKS = 300;

interface Former {
  readonly socket: ListenSocket;
  readonly listening: Listening | undefined;
  looks: number;
}

/** Listeners that another one has replaced on the path of a socket: they accept the clients that wait, and are closed. */
export class FormerListeners {
  readonly #formers = new Set<Former>();
  #timer: NodeJS.Timeout | undefined;

  add(socket: ListenSocket, listening: Listening | undefined): void {
    this.#formers.add({ socket, listening, looks: 0 });
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
  }

  /** Closes all. When it resolves, no thread looks at them any more. */
  async close(): Promise<void> {
    await Promise.all([...this.#formers].map((former) => this.#close(former)));
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
    await former.listening?.stopAccepting();
    former.socket.discard();
  }
}
