import { settlesBefore } from '../../../async/deadline.js';
import type { RelaySocket } from './relay-socket.js';

/** Sockets that are not relayed any more but still have connections. */
export class LeavingSockets {
  readonly #drained = new Map<RelaySocket, Promise<void>>();

  /** Takes in a socket that accepts no more. */
  add(socket: RelaySocket): void {
    const drained = socket.drained().then(() => void this.#drained.delete(socket));
    this.#drained.set(socket, drained);
  }

  /** Those that have listened at a path. */
  at(listen: string): RelaySocket[] {
    return [...this.#drained.keys()].filter(({ config }) => config.listen === listen);
  }

  [Symbol.iterator](): Iterator<RelaySocket> {
    return this.#drained.keys();
  }

  /** Resolves when those that leave now have no connection left. */
  async drained(): Promise<void> {
    await Promise.all(this.#drained.values());
  }

  /** Waits for their connections to end until `deadlineMs` (as of `deadlineNow`), then cuts them after a call of `isLate`. */
  async drainedBefore(deadlineMs: number, isLate: () => void): Promise<void> {
    const drained = this.drained();
    if (await settlesBefore(drained, deadlineMs)) return;
    isLate();
    for (const socket of this) socket.cut();
    await drained;
  }
}
