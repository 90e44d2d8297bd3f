import type { EventPage, LiveEvent } from './events.js';

/** What becomes an event when somebody asks for it. */
export type EventEntry = () => LiveEvent;

/** The latest events, each under a number that only grows. */
export class EventLog {
  readonly #events: (EventEntry | undefined)[];
  #end = 0;

  /** `capacity`: how many are remembered; at least 1. */
  constructor(capacity: number) {
    this.#events = new Array(capacity).fill(undefined);
  }

  /** Number of the oldest event that is still remembered. */
  get oldest(): number {
    return Math.max(0, this.#end - this.#events.length);
  }

  /** Number of the event that comes next. */
  get end(): number {
    return this.#end;
  }

  add(entry: EventEntry): void {
    this.#events[this.#end++ % this.#events.length] = entry;
  }

  /** Up to `max` events from number `cursor` on. */
  read(cursor: number, max: number): EventPage {
    const from = Math.min(Math.max(cursor, this.oldest), this.#end);
    const to = Math.min(from + max, this.#end);
    const events: LiveEvent[] = [];
    for (let number = from; number < to; number++) {
      const entry = this.#events[number % this.#events.length];
      if (entry !== undefined) events.push(entry());
    }
    return { events, next: to, missed: Math.max(0, from - cursor) };
  }
}
