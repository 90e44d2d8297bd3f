/**
 * Lets so many go on at a time, the others wait. Of several clients the one comes next who has least going on, and with
 * what he has asked for last: who asks again no longer waits for what he asked for before, and who asks for much keeps
 * the next that comes from his address waiting no longer than it takes to serve one.
 */
export class Turns {
  #free: number;
  /** How many turns each client has at present. */
  readonly #taken = new Map<string, number>();
  readonly #waiting: { readonly client: string; readonly start: () => void }[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /** Whether somebody waits. */
  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  /** Resolves when it is one's turn; whoever has it gives it back. */
  async take(client: string): Promise<void> {
    if (this.#free === 0) {
      await new Promise<void>((start) => this.#waiting.push({ client, start }));
      return;
    }
    this.#free--;
    this.#count(client, 1);
  }

  give(client: string): void {
    this.#count(client, -1);
    const next = this.#next();
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#count(next.client, 1);
    next.start();
  }

  #next() {
    let best = 0;
    this.#waiting.forEach(({ client }, i) => {
      if (this.#takenBy(client) <= this.#takenBy(this.#waiting[best]!.client)) best = i;
    });
    return this.#waiting.splice(best, 1)[0];
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
