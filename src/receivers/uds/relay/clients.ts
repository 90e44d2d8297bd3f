/** Clients without a connection that are remembered, at least. */
const REMEMBERED = 256;

/** Not the number of any client. */
export const NO_CLIENT = 0;

/** So many clients have numbers at most, and the one that is none. */
export function mostClients(maxConnections: number): number {
  return maxConnections + REMEMBERED + 2;
}

/** Memory for the words of a thread's clients, by their numbers: of those with connections, and of those remembered. */
export function allocateClientWords(maxConnections: number): SharedArrayBuffer {
  return new SharedArrayBuffer(mostClients(maxConnections) * Int32Array.BYTES_PER_ELEMENT);
}

interface Client {
  readonly key: string;
  readonly number: number;
  connections: number;
}

/**
 * Small numbers for the clients of this thread's connections: what is bounded in all is bounded for each by its number.
 *
 * A client that comes back gets the number it had: none gets a second share by connecting anew. A number passes to
 * another client as late as that costs little, so that what a ring has of its former client is read by then.
 *
 * In shared memory there is, by its number, a word that stands for a client on all threads. Readers of this thread's
 * records find it there.
 */
export class Clients {
  readonly #byKey = new Map<string, Client>();
  readonly #byNumber: (Client | undefined)[] = [undefined];
  /** Clients without a connection, in the order in which they left. */
  readonly #left = new Set<Client>();
  readonly #words: Int32Array;
  readonly #wordOf: (key: string) => number;

  /** `words`: as of `allocateClientWords`. */
  constructor(words: SharedArrayBuffer, wordOf: (key: string) => number) {
    this.#words = new Int32Array(words);
    this.#wordOf = wordOf;
  }

  /** How many have a connection. */
  get count(): number {
    return this.#byKey.size - this.#left.size;
  }

  /** One more connection of the client known by `key`. Returns its number. */
  enter(key: string): number {
    const client = this.#byKey.get(key) ?? this.#add(key);
    if (client.connections++ === 0) this.#left.delete(client);
    return client.number;
  }

  /** One connection less. */
  leave(number: number): void {
    const client = this.#byNumber[number];
    if (client !== undefined && --client.connections === 0) this.#left.add(client);
  }

  #add(key: string): Client {
    const client = { key, number: this.#newNumber(), connections: 0 };
    this.#byKey.set(key, client);
    this.#byNumber[client.number] = client;
    this.#words[client.number] = this.#wordOf(key);
    return client;
  }

  #newNumber(): number {
    const [longestAway] = this.#left.size > REMEMBERED ? this.#left : [];
    if (longestAway === undefined) return this.#byNumber.length;
    this.#left.delete(longestAway);
    this.#byKey.delete(longestAway.key);
    return longestAway.number;
  }
}
