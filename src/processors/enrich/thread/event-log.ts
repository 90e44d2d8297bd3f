import { Holding, Holdings } from '../../../shares/holdings.js';
import type { EventPage, LiveEvent } from '../events.js';

/** What becomes an event when somebody asks for it. */
export type EventEntry = () => LiveEvent;

interface Remembered {
  readonly number: number;
  readonly entry: EventEntry;
  /** The flow that it is of. */
  readonly flow: number;
  /** How many others it takes the room of, and its own. */
  readonly weight: number;
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
 * The latest events, each under a number that only grows. Where there are too many, or too large ones, the client with the most
 * loses its oldest, so that a client that calls a lot does not hide others. Those that are clients no more count as one:
 * otherwise each would keep its last events for good, and nothing would be left for those that call.
 *
 *     ── 5 ── 6 ── ─ ─ 9 ── ─ 11 ── 12 ──►   what lies between was forgotten
 */
export class EventLog {
  readonly #capacity: number;
  readonly #forgotten: (flow: number) => void;
  /** How many events are remembered of each flow. */
  readonly #ofFlow = new Map<number, number>();
  readonly #holdings = new Holdings<ClientEvents>();
  readonly #former = new ClientEvents();
  #oldest: Remembered | undefined;
  #newest: Remembered | undefined;
  #end = 0;

  /** `capacity`: how many of weight 1 are remembered; at least 1. `forgotten`: the last event of a flow is. */
  constructor(capacity: number, forgotten: (flow: number) => void) {
    this.#capacity = capacity;
    this.#forgotten = forgotten;
  }

  /** Whether an event of a flow is remembered. */
  has(flow: number): boolean {
    return this.#ofFlow.has(flow);
  }

  /** Number of the oldest event that is still remembered. */
  get oldest(): number {
    return this.#oldest?.number ?? this.#end;
  }

  /** Number of the event that comes next. */
  get end(): number {
    return this.#end;
  }

  /** `weight`: the room that it takes, where that of others is 1; less than the capacity. */
  add(entry: EventEntry, client: ClientEvents, flow: number, weight = 1): void {
    const added: Remembered = {
      number: this.#end++,
      entry,
      flow,
      weight,
      older: this.#newest,
      newer: undefined,
      nextOfClient: undefined,
    };
    if (this.#newest === undefined) this.#oldest = added;
    else this.#newest.newer = added;
    this.#newest = added;
    append(client, added, added);
    this.#ofFlow.set(flow, (this.#ofFlow.get(flow) ?? 0) + 1);
    this.#holdings.change(client, weight);
    while (this.#holdings.total > this.#capacity) this.#forgetOne();
  }

  /** A client has no flow any more. */
  leave(client: ClientEvents): void {
    const { held, oldest, newest } = client;
    if (oldest === undefined || newest === undefined) return;
    append(this.#former, oldest, newest);
    client.oldest = undefined;
    client.newest = undefined;
    this.#holdings.change(client, -held);
    this.#holdings.change(this.#former, held);
  }

  /**
   * Events from number `cursor` on that follow one another, and their flows, as many as together weigh `max`, or one: a page
   * ends where the next was forgotten.
   */
  read(cursor: number, max: number): EventPage & { readonly flows: readonly number[] } {
    let next = this.#firstFrom(cursor);
    const from = next?.number ?? this.#end;
    const events: LiveEvent[] = [];
    const flows: number[] = [];
    let weight = 0;
    while (next !== undefined && next.number === from + events.length && weight < max) {
      weight += next.weight;
      events.push(next.entry());
      flows.push(next.flow);
      next = next.newer;
    }
    return { events, flows, next: from + events.length, missed: Math.max(0, from - cursor) };
  }

  /** Looks from the newest on: most readers ask for the latest. */
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
    this.#holdings.change(client, -event.weight);
    this.#countDown(event.flow);
  }

  #countDown(flow: number): void {
    const left = (this.#ofFlow.get(flow) ?? 1) - 1;
    if (left > 0) {
      this.#ofFlow.set(flow, left);
      return;
    }
    this.#ofFlow.delete(flow);
    this.#forgotten(flow);
  }
}

/** Puts events behind those of a client: from the first to the last, which follow one another. */
function append(client: ClientEvents, first: Remembered, last: Remembered): void {
  if (client.newest === undefined) client.oldest = first;
  else client.newest.nextOfClient = first;
  client.newest = last;
}
