import { TimerFd } from '../../../linux/timer-fd.js';
import { UNANSWERED, UNANSWERED_ENDED } from '../counters.js';
import { CLIENT, type ConnectionTable, READ_DONE, UPSTREAM } from './connection-table.js';
import type { ListenerSettings } from './messages.js';

const NEVER = Number.POSITIVE_INFINITY;

/** How often connections are looked at, as a part of the shortest time that is set; and in ms at most. */
const LOOK_FRACTION = 0.2;
const LOOK_MS_MIN = 20;

const NOT_LISTED = -1;
const NOT_ASKED = 0;

/**
 * Watches connections whose upstream has not said anything yet, from when they are established until it has:
 *
 *   silent ──client sends──► asked ──unansweredMs──► counted ──answerTimeoutMs──► expired
 *      └──────────────────────┴───────upstream says something, or closes──────────► not listed
 *
 * Forwarding tells it nothing: it looks now and then whether bytes of either end have moved. So streams that are answered cost
 * nothing, and what it finds is late by the time between two looks, and never early. It looks only while a client is
 * waiting, or something has happened on the thread; its timer is a descriptor, because other timers have the loop read
 * the clock in each turn.
 */
export class AnswerWatch {
  readonly #table: ConnectionTable;
  readonly #counters: Float64Array;
  readonly #now: () => number;
  readonly #expired: (slot: number) => void;
  readonly #timer = new TimerFd();
  /** The connections that are watched, in no order; and where each is in it. */
  readonly #listed: Int32Array;
  readonly #indexOf: Int32Array;
  #count = 0;
  /** By connection: when it was seen first that its client had sent, in monotonic ms. */
  readonly #askedMs: Float64Array;
  readonly #isCounted: Uint8Array;
  readonly #unansweredMs: Float64Array;
  readonly #timeoutMs: Float64Array;
  #lookMs = NEVER;
  #isTimerSet = false;
  /** Whether to look again once something has happened. */
  isDozing = false;

  /** `expired` is called for a connection that has waited for an answer for too long. @throws SystemCallError */
  constructor(
    table: ConnectionTable,
    counters: Float64Array,
    now: () => number,
    expired: (slot: number) => void,
  ) {
    const { slots } = table;
    this.#table = table;
    this.#counters = counters;
    this.#now = now;
    this.#expired = expired;
    this.#listed = new Int32Array(slots);
    this.#indexOf = new Int32Array(slots).fill(NOT_LISTED);
    this.#askedMs = new Float64Array(slots);
    this.#isCounted = new Uint8Array(slots);
    this.#unansweredMs = new Float64Array(slots);
    this.#timeoutMs = new Float64Array(slots);
  }

  /** Readable when it is time to `look`. */
  get timerFd(): number {
    return this.#timer.fd;
  }

  /** A connection is established. */
  add(slot: number, { unansweredMs = 0, answerTimeoutMs = 0 }: ListenerSettings): void {
    const [unanswered, timeout] = [unansweredMs || NEVER, answerTimeoutMs || NEVER];
    const shortest = Math.min(unanswered, timeout);
    if (shortest === NEVER) return;
    this.#lookMs = Math.min(this.#lookMs, Math.max(shortest * LOOK_FRACTION, LOOK_MS_MIN));
    this.#unansweredMs[slot] = unanswered;
    this.#timeoutMs[slot] = timeout;
    this.#askedMs[slot] = NOT_ASKED;
    this.#isCounted[slot] = 0;
    this.#indexOf[slot] = this.#count;
    this.#listed[this.#count++] = slot;
    if (!this.#isTimerSet) this.isDozing = true;
  }

  /** A connection is over, or answered. It need not have been watched. */
  leave(slot: number): void {
    const index = this.#indexOf[slot];
    if (index === NOT_LISTED) return;
    if (this.#isCounted[slot] === 1) this.#counters[this.#table.row[slot] + UNANSWERED_ENDED] += 1;
    const last = this.#listed[--this.#count];
    this.#listed[index] = last;
    this.#indexOf[last] = index;
    this.#indexOf[slot] = NOT_LISTED;
    if (this.#count === 0) this.isDozing = false;
  }

  /** Something happens while it dozes. */
  wake(): void {
    this.isDozing = false;
    this.#start();
  }

  /** Looks at all that wait, once the timer has gone off. */
  look(): void {
    this.#timer.clear();
    this.#isTimerSet = false;
    const nowMs = this.#now();
    let isAnyAsked = false;
    // From behind: one that leaves is replaced by the last one, which has been looked at.
    for (let i = this.#count - 1; i >= 0; i--) {
      const slot = this.#listed[i];
      if (this.#isAnswered(slot)) this.leave(slot);
      else if (this.#hasAsked(slot, nowMs)) {
        isAnyAsked = true;
        this.#wait(slot, nowMs);
      }
    }
    if (this.#count === 0) return;
    if (isAnyAsked) this.#start();
    else this.isDozing = true;
  }

  close(): void {
    this.#timer.close();
  }

  #start(): void {
    this.#isTimerSet = true;
    this.#timer.start(this.#lookMs);
  }

  #isAnswered(slot: number): boolean {
    const { flags, lastMovedMs } = this.#table;
    const upstream = slot * 2 + UPSTREAM;
    return lastMovedMs[upstream] !== 0 || (flags[upstream] & READ_DONE) !== 0;
  }

  #hasAsked(slot: number, nowMs: number): boolean {
    if (this.#table.lastMovedMs[slot * 2 + CLIENT] === 0) return false;
    if (this.#askedMs[slot] === NOT_ASKED) this.#askedMs[slot] = nowMs;
    return true;
  }

  #wait(slot: number, nowMs: number): void {
    const waitedMs = nowMs - this.#askedMs[slot];
    if (waitedMs >= this.#unansweredMs[slot] && this.#isCounted[slot] === 0) {
      this.#isCounted[slot] = 1;
      this.#counters[this.#table.row[slot] + UNANSWERED] += 1;
    }
    if (waitedMs >= this.#timeoutMs[slot]) this.#expired(slot);
  }
}
