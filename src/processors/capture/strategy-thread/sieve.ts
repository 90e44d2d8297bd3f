import { NativeMemory } from '../../../linux/memory.js';
import { FairRingReader, type ReadingMark } from '../ring/fair-ring-reader.js';
import { FairRingWriter } from '../ring/fair-ring-writer.js';
import { LAST } from '../ring/record.js';
import type { RingReader } from '../ring/ring-reader.js';
import type { Tap } from '../tap.js';
import { TapState } from '../tap-state.js';
import type { RingPair } from './messages.js';

/** Behind an operation: a framer puts a byte there that ends its search. */
const SENTINEL_BYTES = 1;

/** What is between a whole ring and the kept one, for the connections of one listener. */
export interface Listening {
  readonly number: number;
  readonly tap: Tap;
}

/** What becomes of a listener's records. */
export interface Listenings {
  /** undefined: nothing of it is captured any more. */
  of(listener: number): Listening | undefined;
  /** The strategy is about to be asked; and has answered. */
  asks(listener: number): void;
  answered(): void;
  failed(listener: number, error: unknown): void;
}

/** No client waits for this thread. */
const UNLIMITED = { allows: () => true, pay: () => {} };

interface Connection {
  generation: number;
  /** The number of its next record. */
  ordinal: number;
  /** Whether it is captured at all. */
  isTaken: boolean;
  listening: Listening | undefined;
}

/**
 * Passes on what one relay thread has captured, as the strategy says:
 *
 *   relay thread ──► whole ring ──► tap: framer → strategy → pieces ──► kept ring ──► readers
 *
 * Everything is as if the tap were on the relay thread: records have its numbers, and the times of when their bytes were
 * seen. What is lost of the whole ring is a gap in the other.
 */
export class Sieve {
  readonly state: TapState;
  readonly writer: FairRingWriter;
  readonly #reader: FairRingReader;
  readonly #listenings: Listenings;
  readonly #connections = new Map<number, Connection>();
  #memory: NativeMemory;
  #timeMs = 0;

  constructor(
    { whole, kept }: RingPair,
    settings: { connections: number; operationBytes: number; readersDoorbell: SharedArrayBuffer },
    listenings: Listenings,
  ) {
    this.#reader = new FairRingReader(whole);
    // Records that readers are too late for are counted by the readers.
    this.writer = new FairRingWriter(kept, settings.readersDoorbell, ignore, () => this.#timeMs);
    this.state = new TapState(settings.connections, ignore, UNLIMITED);
    this.#memory = new NativeMemory(settings.operationBytes + SENTINEL_BYTES);
    this.#listenings = listenings;
  }

  /** Passes on at most `records`; whether there were any. */
  pass(records: number): boolean {
    for (let i = 0; i < records; i++) {
      const record = this.#reader.next();
      if (record === undefined) return i > 0;
      this.#take(record);
    }
    return true;
  }

  /** Whether there is anything to pass on; if not, the writer is asked to ring once there is. */
  isWaiting(): boolean {
    this.#reader.wakeAfter(0);
    return this.#reader.waiting > 0;
  }

  mark(): ReadingMark {
    return this.#reader.mark();
  }

  isPast(mark: ReadingMark): boolean {
    return this.#reader.isPast(mark);
  }

  #take(record: RingReader): void {
    const { connection, weight: listener } = record;
    this.#timeMs = record.timeMs;
    const isLast = (record.flags & LAST) !== 0;
    const known = this.#connectionOf(record, isLast);
    if (known === undefined) return;
    known.ordinal = record.ordinal + 1;
    if (isLast) {
      this.#connections.delete(connection);
      if (known.isTaken) known.listening?.tap.end(connection, record.generation);
      return;
    }
    this.state.capture[connection] = record.capture;
    this.state.flow[connection] = record.flow;
    const listening = this.#listenings.of(listener);
    if (known.listening !== listening) {
      known.listening = listening;
      known.isTaken =
        listening !== undefined && this.#ask(listening, false, ({ tap }) => tap.takesConnection(connection));
    }
    if (listening === undefined || !known.isTaken) return;
    this.#observe(listening, record);
  }

  /** The connection of a record, which may be new, or have missed something; undefined when nothing is known of it. */
  #connectionOf(
    { connection, generation, ordinal, client }: RingReader,
    isLast: boolean,
  ): Connection | undefined {
    const known = this.#connections.get(connection);
    if (known?.generation === generation) {
      if (known.ordinal !== ordinal) this.state.interrupt(connection);
      return known;
    }
    if (isLast) return undefined;
    if (known?.isTaken === true) known.listening?.tap.end(connection, known.generation);
    const begun: Connection = { generation, ordinal, isTaken: false, listening: undefined };
    this.#connections.set(connection, begun);
    if (ordinal === 0) this.state.begin(connection);
    else this.state.beginLate(connection);
    this.state.client[connection] = client;
    return begun;
  }

  #observe(listening: Listening, record: RingReader): void {
    const { connection, generation, direction, bytes, bytesFrom, captured, pieces } = record;
    if (captured === 0 || !listening.tap.captures(direction)) return;
    if (captured >= this.#memory.byteLength) this.#memory = new NativeMemory(2 * captured + SENTINEL_BYTES);
    this.#memory.bytes.set(bytes.subarray(bytesFrom, bytesFrom + captured));
    const end = connection * 2 + direction;
    // All of a stream is kept, and nothing of it ends but messages of sockets that keep their bounds.
    const isMessage = pieces > 0 && record.endsUnit(pieces - 1);
    this.#ask(listening, undefined, ({ tap }) =>
      tap.observe(end, generation, this.#memory, captured, isMessage),
    );
  }

  /** Asks the strategy. A fault of it ends the capture of its listener, and of no other. */
  #ask<T>(listening: Listening, onFault: T, question: (listening: Listening) => T): T {
    const { number } = listening;
    this.#listenings.asks(number);
    try {
      return question(listening);
    } catch (error) {
      this.state.pieces.clear();
      this.#listenings.failed(number, error);
      return onFault;
    } finally {
      this.#listenings.answered();
    }
  }
}

function ignore(): void {}
