import type { RelayedSocket } from '../sockets/relayed-socket.js';
import type { RelayThread } from './relay-thread.js';

/** Whether the threads of a pool can connect as their clients. They try when the first socket asks for it. */
export class PoolCredentials {
  readonly #threads: readonly RelayThread[];
  #tried: Promise<unknown> | undefined;
  #answered = 0;
  #resolve = () => {};
  #obstacle: string | undefined;

  constructor(threads: readonly RelayThread[]) {
    this.#threads = threads;
  }

  /** Why they cannot; undefined if they can, or no socket has asked for it. */
  get obstacle(): string | undefined {
    return this.#obstacle;
  }

  /** Resolves when it is known as far as these sockets need it. @throws the error of a thread that has died meanwhile. */
  async learn(sockets: readonly RelayedSocket[]): Promise<void> {
    if (sockets.every(({ credentials }) => credentials === 'self')) return;
    this.#tried ??= Promise.race([this.#try(), ...this.#threads.map(({ ended }) => ended)]);
    await this.#tried;
  }

  /** A thread has tried. */
  hear(obstacle: string | undefined): void {
    this.#obstacle ??= obstacle;
    if (++this.#answered === this.#threads.length) this.#resolve();
  }

  #try(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      for (const thread of this.#threads) thread.send({ type: 'try_credentials' });
    });
  }
}
