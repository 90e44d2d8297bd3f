import { CLIENT, UPSTREAM } from './connection-table.js';
import type { DatagramSlots } from './datagram-slots.js';
import type { Listeners } from './listeners.js';
import type { MessageParts } from './message-forwarder.js';

/** After what silence a sender without an address is forgotten, and one with an address whose listener was replaced, in ms. */
const SILENT_MS = 60_000;

/** How often senders are looked over, in ms. */
const SWEEP_MS = 1000;

/** After what silence the kernel is asked whether a sender is still there, in ms, and of how many in a sweep. */
const QUIET_MS = 1000;
const ASKED_A_SWEEP = 256;

/** When there are more to ask about, in ms. Some µs each: half a percent of the thread's time. */
const REST_MS = 200;

/** How long a sender of a listener that nobody goes on with is given answers, in ms: after its last datagram, and after an answer. */
const LAST_ANSWER_MS = 3000;
const MORE_ANSWERS_MS = 300;

/** Lets go of senders of datagrams that are gone, or silent: nothing is closed that would tell. */
export class DatagramSweep {
  readonly #parts: MessageParts;
  readonly #slots: DatagramSlots;
  readonly #listeners: Listeners;
  #first = 0;
  #asked = 0;

  constructor(parts: MessageParts, slots: DatagramSlots, listeners: Listeners) {
    this.#parts = parts;
    this.#slots = slots;
    this.#listeners = listeners;
  }

  /** Returns when the next sweep is due, monotonic ms. */
  run(nowMs: number): number {
    const { slots } = this.#parts.table;
    this.#asked = 0;
    const first = this.#first;
    for (let i = 0; i < slots; i++) {
      const slot = (first + i) % slots;
      if (!this.#slots.isOpen(slot) || this.#isNeeded(slot, nowMs)) continue;
      this.#parts.close(slot);
    }
    return nowMs + (this.#asked < ASKED_A_SWEEP ? SWEEP_MS : REST_MS);
  }

  #isNeeded(slot: number, nowMs: number): boolean {
    const { table, parked } = this.#parts;
    if (parked.of(slot * 2 + CLIENT) !== undefined) return true;
    const { settings, listening, isLast } = this.#listeners.get(table.listener[slot]);
    const silentMs = nowMs - this.#slots.activeMs[slot];
    if (settings.idleTimeoutMs > 0 && silentMs >= settings.idleTimeoutMs) return false;
    if (this.#slots.names.bytes(slot) === 0) return listening && silentMs < SILENT_MS;
    if (isLast) {
      const mayCome = this.#slots.isAsking[slot] === 1 || parked.of(slot * 2 + UPSTREAM) !== undefined;
      return silentMs < (mayCome ? LAST_ANSWER_MS : MORE_ANSWERS_MS);
    }
    // It has another slot of the listener that goes on, for what it sends now.
    if (!listening && silentMs >= SILENT_MS) return false;
    return silentMs < QUIET_MS || this.#isThere(slot);
  }

  /** Asks about so many in a sweep; the next one begins behind them. */
  #isThere(slot: number): boolean {
    if (this.#asked >= ASKED_A_SWEEP) return true;
    this.#asked++;
    if (this.#asked === ASKED_A_SWEEP) this.#first = (slot + 1) % this.#parts.table.slots;
    return this.#slots.names.isThere(slot);
  }
}
