import { close } from '../linux/socket.js';
import { type DescriptorStore, NO_STORE } from '../store/descriptor-store.js';

/** Listening sockets that outlive the process. */
export interface KeptListeners {
  readonly store: DescriptorStore;
  /**
   * Resolves when what an earlier process has left may be accepted on: that process does so no more. Clients wait in the backlog
   * meanwhile.
   */
  readonly opened: Promise<void>;
}

const NOTHING_KEPT: KeptListeners = { store: NO_STORE, opened: Promise.resolve() };

/** A listening socket of an HTTP server, of this process or of one before it. */
export class KeptListener {
  readonly #name: string;
  readonly #kept: KeptListeners;
  /** Left by an earlier process, and not accepted on yet. */
  #waiting: number | undefined;

  constructor(name: string, kept: KeptListeners = NOTHING_KEPT) {
    this.#name = name;
    this.#kept = kept;
  }

  /** What an earlier process has left; undefined if there is nothing. `hold`, `release` or `reject` decides what becomes of it. */
  take(): number | undefined {
    return this.#kept.store.take(this.#name);
  }

  /** It is not what it should be. */
  reject(fd: number): void {
    this.#kept.store.drop(this.#name);
    close(fd);
  }

  /** Accepts on it as soon as that may be. `accept` owns it from then on. */
  acceptLater(fd: number, accept: (fd: number) => void): void {
    this.#waiting = fd;
    void this.#kept.opened.then(() => {
      if (this.#waiting !== fd) return;
      this.#waiting = undefined;
      accept(fd);
    });
  }

  /** Has it outlive this process. */
  keep(fd: number | undefined): void {
    if (fd !== undefined) this.#kept.store.keep(this.#name, fd);
  }

  /** Gives back what has not been accepted on yet: an earlier process still does. False: there is no such thing. */
  giveBack(): boolean {
    if (this.#waiting === undefined) return false;
    this.#kept.store.giveBack(this.#name, this.#waiting);
    this.#waiting = undefined;
    return true;
  }

  /** Nothing listens there any more. */
  drop(): void {
    this.#kept.store.drop(this.#name);
  }
}
