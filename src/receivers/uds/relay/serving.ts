import type { Meter } from '../../../protocols/framing/meter.js';
import { type ConnectionTable, STREAM } from './connection-table.js';
import { READABLE } from './end-events.js';
import { AGAIN, type RunQueue } from './run-queue.js';

/** How many ends have their turn before the loop looks at anything else. */
const ENDS_A_TURN = 256;

/** How long they have it where there are several clients, as the run queue counts time: who else has something to do then is found out soon. */
const SHARED_TURN_NS = 40_000;

/** What moves the bytes of connections of one kind. */
export interface Carrier {
  /** Whether several clients have connections. */
  isShared: boolean;
  handle(end: number, events: number): void;
  pump(end: number): void;
}

export interface ServingSettings {
  readonly table: ConnectionTable;
  readonly queue: RunQueue;
  /** What has been done to find messages in what was carried: a client pays for that, too. */
  readonly meter: Pick<Meter, 'steps'>;
  readonly streams: Carrier;
  messages(): Carrier;
  /** How many clients have connections. */
  clients(): number;
  /** A bug of ours happened on a connection. */
  fault(slot: number, error: unknown): void;
}

/**
 * Lets ends do what they have to do, in the order of the run queue. Where there is nothing to put in order, they do not pass through it:
 * that takes a fortieth of the thread's time for each operation.
 */
export class Serving {
  readonly #settings: ServingSettings;
  #isAtOnce = false;
  #servedAtOnce = 0;

  constructor(settings: ServingSettings) {
    this.#settings = settings;
  }

  /** A turn begins, with so many events. Returns whether ends are served as they are added: one end, or those of one client. */
  begin(events: number): boolean {
    const { queue, streams, clients } = this.#settings;
    streams.isShared = clients() > 1;
    this.#isAtOnce = queue.count === 0 && (events === 1 || !streams.isShared);
    this.#servedAtOnce = 0;
    return this.#isAtOnce;
  }

  /** There is something to do about an end: EPOLL* bits. */
  add(end: number, events: number): void {
    if (!this.#isAtOnce) {
      this.#settings.queue.add(end, events);
      return;
    }
    this.#servedAtOnce++;
    this.#serve(end, events);
  }

  /**
   * For a turn. Returns how many had theirs: no more than had something to do at its start. An end that queues itself again may be
   * among them, behind the others of its client.
   */
  run(): number {
    if (this.#isAtOnce) return this.#servedAtOnce;
    const { queue, meter, streams } = this.#settings;
    const most = Math.min(queue.count, ENDS_A_TURN);
    const lastNs = streams.isShared ? queue.spentNs + SHARED_TURN_NS : Number.POSITIVE_INFINITY;
    let served = 0;
    while (served < most && queue.spentNs < lastNs) {
      const end = queue.first;
      if (end < 0) break;
      const { steps } = meter;
      this.#serve(end, queue.take(end));
      queue.spend(meter.steps - steps);
      served++;
    }
    queue.rest();
    return served;
  }

  #serve(end: number, work: number): void {
    const { table, streams, messages, fault } = this.#settings;
    const carrier = table.kind[end >> 1] === STREAM ? streams : messages();
    carrier.isShared = streams.isShared;
    const events = work & ~AGAIN;
    try {
      if (events !== 0) carrier.handle(end, events);
      if (work & AGAIN && !(events & READABLE)) carrier.pump(end);
    } catch (error) {
      fault(end >> 1, error);
    }
  }
}
