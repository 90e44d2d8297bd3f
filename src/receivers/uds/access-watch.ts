import type { RelaySocket } from './relay-socket.js';

/** How often a missing upstream is looked for whose mode and owner a socket inherits, in ms. */
const RETRY_MS = 1000;

/** Has sockets inherit their mode and owner as soon as there is an upstream to inherit from. */
export class AccessWatch {
  readonly #sockets: () => Iterable<RelaySocket>;
  #timer: NodeJS.Timeout | undefined;

  /** `sockets`: those there are at the moment. */
  constructor(sockets: () => Iterable<RelaySocket>) {
    this.#sockets = sockets;
  }

  /** Sockets have come: looks after them as long as one of them waits. */
  look(): void {
    if (this.#timer !== undefined || this.#pending.length === 0) return;
    this.#timer = setInterval(() => this.#retry(), RETRY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  get #pending(): RelaySocket[] {
    return [...this.#sockets()].filter((socket) => socket.accessPending);
  }

  #retry(): void {
    for (const socket of this.#pending) socket.retryAccess();
    if (this.#pending.length === 0) this.stop();
  }
}
