import type { NativeMemory } from '../../../linux/memory.js';
import type { RecordWriter } from '../../../processors/capture/ring/record-writer.js';
import type { Tap } from '../../../processors/capture/tap.js';
import type { TapState } from '../../../processors/capture/tap-state.js';
import type { Direction } from '../../../protocols/direction.js';
import type { ConnectionTable } from './connection-table.js';
import { type Flows, NO_FLOW } from './flows.js';

/** How a listener's connections are captured. */
interface ListenerTap {
  readonly tap: Tap;
  /** The capture generation that its records carry. */
  readonly generation: number;
}

/**
 * Which connections are captured, and by what. A tap that fails is taken out for the whole listener: what it
 * would have seen is lost, the traffic is not.
 */
export class Taps {
  /** By end; undefined where nothing is captured, which is all that the traffic ever sees of it. */
  readonly ofEnd: (Tap | undefined)[];
  readonly #table: ConnectionTable;
  readonly #state: TapState;
  readonly #flows: Flows;
  readonly #ofListener = new Map<number, ListenerTap>();
  /** By connection: 1 from when it is connected until it ends. */
  readonly #isOpen: Uint8Array;
  /** How many of a listener's connections that is, where it is any. */
  readonly #open = new Map<number, number>();
  readonly #failed: (listener: number, error: string) => void;

  constructor(
    table: ConnectionTable,
    state: TapState,
    flows: Flows,
    failed: (listener: number, error: string) => void,
  ) {
    this.#table = table;
    this.#state = state;
    this.#flows = flows;
    this.#failed = failed;
    this.ofEnd = new Array(table.slots * 2).fill(undefined);
    this.#isOpen = new Uint8Array(table.slots);
  }

  /** Captures a listener's connections from now on, those that are open included. */
  set(listener: number, taken: ListenerTap | undefined): void {
    if (taken === undefined && !this.#ofListener.delete(listener)) return;
    if (taken !== undefined) this.#ofListener.set(listener, taken);
    if (!this.#open.has(listener)) return;
    for (let slot = 0; slot < this.#table.slots; slot++) {
      // One that fails while it is put on has been taken out again.
      if (this.#ofListener.get(listener) !== taken) return;
      if (this.#isOpen[slot] === 1 && this.#table.listener[slot] === listener) this.#replace(slot, taken);
    }
  }

  /** Takes out the taps that write to `writer`. */
  removeAll(writer: RecordWriter): void {
    for (const [listener, { tap }] of this.#ofListener) {
      if (tap.writer === writer) this.set(listener, undefined);
    }
  }

  /** A connection of `listener` begins. */
  begin(slot: number, listener: number): void {
    this.#isOpen[slot] = 1;
    this.#open.set(listener, (this.#open.get(listener) ?? 0) + 1);
    const taken = this.#ofListener.get(listener);
    if (taken === undefined) return;
    this.#state.begin(slot);
    this.#attach(slot, taken);
  }

  /** A connection is about to end; it may never have been connected. */
  end(slot: number): void {
    if (this.#isOpen[slot] === 0) return;
    this.#isOpen[slot] = 0;
    this.#countDown(this.#table.listener[slot]);
    this.#tapOf(slot)?.end(slot, this.#table.generation[slot]);
    this.#detach(slot);
  }

  /** The first `bytes` of `memory` were received at an end. */
  observe(tap: Tap, end: number, memory: NativeMemory, bytes: number): void {
    try {
      tap.observe(end, this.#table.generation[end >> 1], memory, bytes);
    } catch (error) {
      this.#state.pieces.clear();
      this.#fail(this.#table.listener[end >> 1], error);
    }
  }

  /** The same of a message of a socket that keeps their bounds. */
  observeMessage(tap: Tap, end: number, memory: NativeMemory, bytes: number): void {
    try {
      tap.observe(end, this.#table.generation[end >> 1], memory, bytes, true);
    } catch (error) {
      this.#state.pieces.clear();
      this.#fail(this.#table.listener[end >> 1], error);
    }
  }

  #countDown(listener: number): void {
    const left = (this.#open.get(listener) ?? 1) - 1;
    if (left > 0) this.#open.set(listener, left);
    else this.#open.delete(listener);
  }

  #replace(slot: number, taken: ListenerTap | undefined): void {
    const previous = this.#tapOf(slot);
    // The connection goes on: a reader of its last record shall not think that nothing came after.
    this.#state.interrupt(slot);
    if (previous === undefined || previous.writer !== taken?.tap.writer) {
      previous?.end(slot, this.#table.generation[slot]);
      this.#state.beginLate(slot);
    }
    this.#detach(slot);
    if (taken !== undefined) this.#attach(slot, taken);
  }

  #attach(slot: number, { tap, generation }: ListenerTap): void {
    const flow = this.#flows.numberOf(slot);
    if (flow === NO_FLOW) return;
    this.#state.capture[slot] = generation;
    this.#state.flow[slot] = flow;
    this.#state.client[slot] = this.#table.client[slot];
    this.#state.account[slot] = this.#table.row[slot];
    try {
      if (!tap.takesConnection(slot)) return;
    } catch (error) {
      this.#fail(this.#table.listener[slot], error);
      return;
    }
    for (let end = slot * 2; end < slot * 2 + 2; end++) {
      if (tap.captures((end & 1) as Direction)) this.ofEnd[end] = tap;
    }
  }

  #detach(slot: number): void {
    this.ofEnd[slot * 2] = undefined;
    this.ofEnd[slot * 2 + 1] = undefined;
  }

  #tapOf(slot: number): Tap | undefined {
    return this.ofEnd[slot * 2] ?? this.ofEnd[slot * 2 + 1];
  }

  #fail(listener: number, error: unknown): void {
    this.set(listener, undefined);
    this.#failed(listener, error instanceof Error ? error.message : String(error));
  }
}
