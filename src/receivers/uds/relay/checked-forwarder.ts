import { ASSERTIONS, BrokenInvariant, invariant } from '../../../assertions.js';
import { SEND_BYTES } from '../counters.js';
import {
  CLIENT,
  type ConnectionTable,
  DISCARDING,
  NO_BUFFER,
  PEER_CLOSED,
  PEER_FINISHED,
  READ_DONE,
  UPSTREAM,
} from './connection-table.js';
import { Forwarder } from './forwarder.js';

/** A direction, as the picture in forwarder.ts has it; CLOSED: its connection is over. */
const READING = 'reading';
const BLOCKED = 'blocked';
const DISCARD = 'discarding';
const DONE = 'done';
const CLOSED = 'closed';
type State = typeof READING | typeof BLOCKED | typeof DISCARD | typeof DONE | typeof CLOSED;

/** What a direction may have become when a call returns. */
const NEXT: Readonly<Record<State, readonly State[]>> = {
  reading: [READING, BLOCKED, DISCARD, DONE, CLOSED],
  // It has a rest to get rid of, and only then reads on.
  blocked: [BLOCKED, READING, DISCARD, CLOSED],
  discarding: [DISCARD, DONE, CLOSED],
  done: [DONE, CLOSED],
  closed: [CLOSED],
};

/** Once said of an end, for good. */
const LASTING = READ_DONE | PEER_FINISHED | PEER_CLOSED;

/** A forwarder that checks what each call has made of a connection. See assertions.ts. */
export class CheckedForwarder extends Forwarder {
  readonly #table: ConnectionTable;
  readonly #counters: Float64Array;
  readonly #bufferBytes: number;
  /** Buffers with the rest of a direction: what one client has said may never get to another. */
  readonly #parked = new Set<number>();
  #isChecking = false;

  constructor(...parts: ConstructorParameters<typeof Forwarder>) {
    super(...parts);
    const [table, , counters, , buffers] = parts;
    this.#table = table;
    this.#counters = counters;
    this.#bufferBytes = buffers.bufferBytes;
  }

  override establish(slot: number): void {
    invariant(this.#table.isConnecting(slot), 'a connection is established that was not being made');
    super.establish(slot);
  }

  override handle(end: number, events: number): void {
    this.#check(end, () => super.handle(end, events));
  }

  /** Also called by `handle`, which is checked as a whole. */
  override pump(end: number): void {
    const isBlocked = this.#stateOf(end) === BLOCKED;
    const received = this.#received(end);
    const generation = this.#table.generation[end >> 1];
    this.#check(end, () => super.pump(end));
    if (!isBlocked || this.#table.generation[end >> 1] !== generation) return;
    invariant(this.#received(end) === received, 'a direction is read that is blocked');
  }

  override release(slot: number): void {
    const { pendingBuffer, pendingDescriptors } = this.#table;
    for (const end of [slot * 2 + CLIENT, slot * 2 + UPSTREAM]) {
      if (pendingBuffer[end] !== NO_BUFFER) this.#parked.delete(pendingBuffer[end]);
    }
    super.release(slot);
    for (const end of [slot * 2 + CLIENT, slot * 2 + UPSTREAM]) {
      invariant(pendingBuffer[end] === NO_BUFFER, 'a connection that is over has kept a buffer');
      invariant(pendingDescriptors[end] === 0, 'a connection that is over has kept descriptors');
    }
  }

  /** Calls, and looks what has become of both directions. */
  #check(end: number, call: () => void): void {
    if (this.#isChecking) {
      call();
      return;
    }
    const table = this.#table;
    const slot = end >> 1;
    const ends = [slot * 2 + CLIENT, slot * 2 + UPSTREAM];
    const before = ends.map((each) => ({
      state: this.#stateOf(each),
      flags: table.flags[each],
      buffer: table.pendingBuffer[each],
    }));
    const generation = table.generation[slot];
    this.#isChecking = true;
    try {
      call();
    } finally {
      this.#isChecking = false;
    }
    // At first: one direction may have given back the buffer that the other one has now.
    for (const { buffer } of before) this.#parked.delete(buffer);
    const isOver = table.generation[slot] !== generation;
    for (const [i, { state, flags }] of before.entries()) {
      const now = isOver ? CLOSED : this.#stateOf(ends[i]);
      if (!NEXT[state].includes(now)) throw new BrokenInvariant(`a direction was ${state} and is ${now}`);
      if (now === CLOSED) return;
      const kept = table.flags[ends[i]] & flags & LASTING;
      invariant(kept === (flags & LASTING), 'an end has come back from where none does');
      this.#checkEnd(ends[i], now);
    }
    for (const each of ends) this.#checkPending(each);
  }

  #checkPending(end: number): void {
    const { pendingBuffer, pendingBytes, pendingDescriptors, pendingOffset } = this.#table;
    const buffer = pendingBuffer[end];
    if (buffer === NO_BUFFER) {
      invariant(pendingDescriptors[end] === 0, 'descriptors wait without the bytes that they came with');
      return;
    }
    // They go with the first byte: if that has been sent, they have.
    const isWhole = pendingOffset[end] === 0;
    invariant(isWhole || pendingDescriptors[end] === 0, 'descriptors wait whose first byte has been sent');
    invariant(!this.#parked.has(buffer), 'two directions have the same buffer');
    this.#parked.add(buffer);
    invariant(pendingBytes[end] > 0, 'a direction is blocked with nothing to send');
    invariant(pendingOffset[end] >= 0, 'a rest begins before its buffer');
    invariant(
      pendingOffset[end] + pendingBytes[end] <= this.#bufferBytes,
      'a rest is longer than its buffer',
    );
  }

  #checkEnd(end: number, state: State): void {
    const { flags, pendingBuffer } = this.#table;
    invariant(!(flags[end] & DISCARDING) || (flags[end] & READ_DONE) !== 0, 'what is read is discarded');
    if (state !== DONE) return;
    invariant(pendingBuffer[end] === NO_BUFFER, 'a direction is done that has a rest to send');
    const other = this.#stateOf(end ^ 1);
    invariant(other !== DONE, 'both directions are done, and the connection is not');
    if (flags[end] & PEER_CLOSED) {
      invariant(other === DISCARD, 'a peer has closed and said all, and the connection is not over');
    }
  }

  #stateOf(end: number): State {
    const { flags, pendingBuffer } = this.#table;
    if (!this.#table.isEstablished(end >> 1)) return CLOSED;
    if (flags[end] & READ_DONE) return flags[end] & DISCARDING ? DISCARD : DONE;
    return pendingBuffer[end] === NO_BUFFER ? READING : BLOCKED;
  }

  #received(end: number): number {
    return this.#counters[this.#table.row[end >> 1] + (end & 1) + SEND_BYTES];
  }
}

/** Makes the forwarder of a relay, one that checks itself if that is asked for. */
export function createForwarder(...parts: ConstructorParameters<typeof Forwarder>): Forwarder {
  return ASSERTIONS ? new CheckedForwarder(...parts) : new Forwarder(...parts);
}
