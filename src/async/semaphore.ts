interface Waiting {
  readonly client: string;
  readonly start: () => void;
}

/**
 * Lets so many go on at a time, the others wait. Of several clients the one comes next who has least going on, and with
 * what he has asked for last: who asks again no longer waits for what he asked for before, and who asks for much keeps
 * the next that comes from his address waiting no longer than it takes to serve one.
 */
export class Turns {
  #free: number;
  /** How many turns each client has at present. */
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();

  constructor(places: number) {
    this.#free = places;
  }

  /** Whether somebody waits. */
  get isAwaited(): boolean {
    return this.#waiting.size > 0;
  }

  /** Resolves to true when it is one's turn, which is to be given back; to false when `gone` is aborted before. */
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
