import { Holding, Holdings } from '../../../shares/holdings.js';
import type { EventPage, LiveEvent } from '../events.js';

/** What becomes an event when somebody asks for it. */
export type EventEntry = () => LiveEvent;

interface Remembered {
  readonly number: number;
  readonly entry: EventEntry;
  /** Events before and after it that are remembered, and the next of the same client. */
  older: Remembered | undefined;
  newer: Remembered | undefined;
  nextOfClient: Remembered | undefined;
}

/** The events of one client that are remembered. */
export class ClientEvents extends Holding {
  oldest: Remembered | undefined;
  newest: Remembered | undefined;
}

/**
 * The latest events, each under a number that only grows. Where there are too many, who has most of them gives up the
 * oldest of his: who calls a lot does not hide others.
 *
 *     ── 5 ── 6 ── ─ ─ 9 ── ─ 11 ── 12 ──►   what lies between was forgotten
 */
export class EventLog {
  readonly #capacity: number;
  readonly #holdings = new Holdings<ClientEvents>();
  #oldest: Remembered | undefined;
  #newest: Remembered | undefined;
  #end = 0;

  /** `capacity`: how many are remembered; at least 1. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Number of the oldest event that is still remembered. */
  get oldest(): number {
    return this.#oldest?.number ?? this.#end;
  }

  /** Number of the event that comes next. */
  get end(): number {
    return this.#end;
  }

  add(entry: EventEntry, client: ClientEvents): void {
    const added: Remembered = {
      number: this.#end++,
      entry,
      older: this.#newest,
      newer: undefined,
      nextOfClient: undefined,
    };
    if (this.#newest === undefined) this.#oldest = added;
    else this.#newest.newer = added;
    this.#newest = added;
    if (client.newest === undefined) client.oldest = added;
    else client.newest.nextOfClient = added;
    client.newest = added;
    this.#holdings.change(client, 1);
    if (this.#holdings.total > this.#capacity) this.#forgetOne();
  }

  /**
   * Up to `max` events from number `cursor` on that follow one another: a page ends where the next was forgotten.
   */
  read(cursor: number, max: number): EventPage {
    let next = this.#firstFrom(cursor);
    const from = next?.number ?? this.#end;
    const events: LiveEvent[] = [];
    while (next !== undefined && next.number === from + events.length && events.length < max) {
      events.push(next.entry());
      next = next.newer;
    }
    return { events, next: from + events.length, missed: Math.max(0, from - cursor) };
  }

  /** Those who watch ask for the latest, as a rule. */
  #firstFrom(cursor: number): Remembered | undefined {
    let first: Remembered | undefined;
    for (let event = this.#newest; event !== undefined && event.number >= cursor; event = event.older) {
      first = event;
    }
    return first;
  }

  #forgetOne(): void {
    const client = this.#holdings.heaviest;
    const event = client?.oldest;
    if (client === undefined || event === undefined) return;
    client.oldest = event.nextOfClient;
    if (client.oldest === undefined) client.newest = undefined;
    if (event.older === undefined) this.#oldest = event.newer;
    else event.older.newer = event.newer;
    if (event.newer === undefined) this.#newest = event.older;
    else event.newer.older = event.older;
    // Garbage that leads to what lives keeps it from being collected early, and so on along the list.
    event.older = undefined;
    event.newer = undefined;
    event.nextOfClient = undefined;
    this.#holdings.change(client, -1);
  }
}
