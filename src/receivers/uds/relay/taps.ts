import type { NativeMemory } from '../../../linux/memory.js';
import type { Direction } from '../../../processors/capture/direction.js';
import type { RingWriter } from '../../../processors/capture/ring/ring-writer.js';
import type { Tap } from '../../../processors/capture/tap.js';
import type { TapState } from '../../../processors/capture/tap-state.js';
import type { ConnectionTable } from './connection-table.js';

/**
 * Which connections are captured, and by what. A tap that fails is taken out for the whole listener: what it
 * would have seen is lost, the traffic is not.
 */
export class Taps {
  /** By end; undefined where nothing is captured, which is all that the traffic ever sees of it. */
  readonly ofEnd: (Tap | undefined)[];
  readonly #table: ConnectionTable;
  readonly #state: TapState;
  readonly #ofListener = new Map<number, Tap>();
  readonly #failed: (listener: number, error: string) => void;

  constructor(table: ConnectionTable, state: TapState, failed: (listener: number, error: string) => void) {
    this.#table = table;
    this.#state = state;
    this.#failed = failed;
    this.ofEnd = new Array(table.slots * 2).fill(undefined);
  }

  /** Captures a listener's connections by `tap` from now on, those that are open included. */
  set(listener: number, tap: Tap | undefined): void {
    if (tap === undefined && !this.#ofListener.delete(listener)) return;
    if (tap !== undefined) this.#ofListener.set(listener, tap);
    for (let slot = 0; slot < this.#table.slots; slot++) {
      // One that fails while it is put on has been taken out again.
      if (this.#ofListener.get(listener) !== tap) return;
      if (this.#table.isOpen(slot) && this.#table.listener[slot] === listener) this.#replace(slot, tap);
    }
  }

  /** Takes out the taps that write to `writer`. */
  removeAll(writer: RingWriter): void {
    for (const [listener, tap] of this.#ofListener) {
      if (tap.writer === writer) this.set(listener, undefined);
    }
  }

  /** A connection of `listener` begins. */
  begin(slot: number, listener: number): void {
    const tap = this.#ofListener.get(listener);
    if (tap === undefined) return;
    this.#state.begin(slot);
    // While it was being connected it may have been taken; that is asked again.
    this.#detach(slot);
    this.#attach(slot, tap);
  }

  /** A connection is about to end. */
  end(slot: number): void {
    this.#tapOf(slot)?.end(slot, this.#table.generation[slot]);
    this.#detach(slot);
  }

  /** The first `bytes` of `memory` were received at an end. */
  observe(tap: Tap, end: number, memory: NativeMemory, bytes: number): void {
    try {
      tap.observe(end, this.#table.generation[end >> 1], memory, bytes);
    } catch (error) {
      this.#fail(this.#table.listener[end >> 1], error);
    }
  }

  #replace(slot: number, tap: Tap | undefined): void {
    const previous = this.#tapOf(slot);
    // The connection goes on: who reads its last record shall not think that nothing came after.
    this.#state.interrupt(slot);
    if (previous === undefined || previous.writer !== tap?.writer) {
      previous?.end(slot, this.#table.generation[slot]);
      this.#state.beginLate(slot);
    }
    this.#detach(slot);
    if (tap !== undefined) this.#attach(slot, tap);
  }

  #attach(slot: number, tap: Tap): void {
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
