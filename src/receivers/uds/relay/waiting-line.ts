/** Behind the last and before the first. */
export const NOBODY = -1;

/** The connections of one client that wait, first come, first served. */
interface ClientLine {
  first: number;
  last: number;
}

/**
 * Connections that wait for the same thing, in memory that all such lines of a thread share. Each client has a line of
 * its own, and the first of each are served in turn: a client with thousands of them holds up no other.
 */
export class WaitingLine {
  readonly #links: WaitingLinks;
  /** By client, in the order of their turns. */
  readonly #lines = new Map<string, ClientLine>();

  constructor(links: WaitingLinks) {
    this.#links = links;
  }

  get isEmpty(): boolean {
    return this.#lines.size === 0;
  }

  push(slot: number, client: string): void {
    const { next, previous, clientOf } = this.#links;
    const line = this.#lines.get(client);
    clientOf[slot] = client;
    next[slot] = NOBODY;
    previous[slot] = line?.last ?? NOBODY;
    if (line === undefined) {
      this.#lines.set(client, { first: slot, last: slot });
      return;
    }
    next[line.last] = slot;
    line.last = slot;
  }

  /** Takes a connection out, wherever it is. */
  remove(slot: number): void {
    const { next, previous, clientOf } = this.#links;
    const client = clientOf[slot];
    const line = client === undefined ? undefined : this.#lines.get(client);
    if (client === undefined || line === undefined) return;
    clientOf[slot] = undefined;
    if (previous[slot] === NOBODY) line.first = next[slot];
    else next[previous[slot]] = next[slot];
    if (next[slot] === NOBODY) line.last = previous[slot];
    else previous[next[slot]] = previous[slot];
    if (line.first === NOBODY) this.#lines.delete(client);
  }

  /** The first of the client whose turn it is. Legal only while it is not empty. */
  get first(): number {
    const [line] = this.#lines.values();
    return line.first;
  }

  /** Takes that one out; it is the next client's turn. */
  serveFirst(): void {
    const [[client, line]] = this.#lines;
    this.remove(line.first);
    if (!this.#lines.delete(client)) return;
    this.#lines.set(client, line);
  }

  /** The first of each client. It may be taken out while they are gone through. */
  *firsts(): Generator<number, void> {
    for (const { first } of this.#lines.values()) yield first;
  }
}

/** What lines are made of. A connection waits in one line at most. */
export class WaitingLinks {
  readonly next: Int32Array;
  readonly previous: Int32Array;
  /** undefined where the connection does not wait. */
  readonly clientOf: (string | undefined)[];

  constructor(slots: number) {
    this.next = new Int32Array(slots);
    this.previous = new Int32Array(slots);
    this.clientOf = new Array(slots).fill(undefined);
  }
}
