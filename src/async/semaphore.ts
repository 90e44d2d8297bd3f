interface Waiting {
  readonly client: string;
  readonly start: () => void;
}

/**
 * Lets a limited number of actions run at a time; the others wait. The next turn goes to the client with the fewest turns at present, and
 * to its latest request: a client that asks again no longer waits for its earlier request, and many requests of one address delay the
 * next request from there by no more than one turn.
 */
export class Semaphore {
  #free: number;
  /** How many turns each client has at present. */
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();

  constructor(places: number) {
    this.#free = places;
  }

  /** Whether a request waits. */
  get isAwaited(): boolean {
    return this.#waiting.size > 0;
  }

  /** Resolves to true when the turn comes, which must be given back; to false when `gone` is aborted before. */
  async take(client: string, gone: AbortSignal): Promise<boolean> {
    if (gone.aborted) return false;
    if (this.#free === 0) return this.#wait(client, gone);
    this.#free--;
    this.#count(client, 1);
    return true;
  }

  give(client: string): void {
    this.#count(client, -1);
    const next = this.#next();
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    this.#count(next.client, 1);
    next.start();
  }

  #wait(client: string, gone: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const waiting = { client, start: () => resolve(true) };
      this.#waiting.add(waiting);
      gone.addEventListener('abort', () => {
        this.#waiting.delete(waiting);
        resolve(false);
      });
    });
  }

  #next(): Waiting | undefined {
    let best: Waiting | undefined;
    for (const waiting of this.#waiting) {
      if (best === undefined || this.#takenBy(waiting.client) <= this.#takenBy(best.client)) best = waiting;
    }
    return best;
  }

  #count(client: string, change: 1 | -1): void {
    const taken = this.#takenBy(client) + change;
    if (taken > 0) this.#taken.set(client, taken);
    else this.#taken.delete(client);
  }

  #takenBy(client: string): number {
    return this.#taken.get(client) ?? 0;
  }
}
