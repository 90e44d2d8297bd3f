import type { ServerResponse } from 'node:http';

/** How many streams of events there may be at a time. For one that finds no room, a client with at least two more than its own gives its oldest. */
export class StreamPlaces {
  readonly #max: number;
  /** The streams of each client, the oldest first. */
  readonly #byClient = new Map<string, Set<ServerResponse>>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Counts a stream until it is closed. False: there is no room for it. */
  enter(client: string, response: ServerResponse): boolean {
    if (!this.#makeRoom(client)) return false;
    const own = this.#byClient.get(client) ?? new Set();
    this.#byClient.set(client, own.add(response));
    response.once('close', () => this.#leave(client, response));
    return true;
  }

  #makeRoom(client: string): boolean {
    const all = [...this.#byClient].sort(([, a], [, b]) => b.size - a.size);
    if (all.reduce((sum, [, { size }]) => sum + size, 0) < this.#max) return true;
    const [most] = all;
    const own = this.#byClient.get(client)?.size ?? 0;
    if (most === undefined || most[1].size < own + 2) return false;
    const [oldest] = most[1];
    if (oldest === undefined) return false;
    this.#leave(most[0], oldest);
    oldest.destroy();
    return true;
  }

  #leave(client: string, response: ServerResponse): void {
    const own = this.#byClient.get(client);
    if (own?.delete(response) === true && own.size === 0) this.#byClient.delete(client);
  }
}
