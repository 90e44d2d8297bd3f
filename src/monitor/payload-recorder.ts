import { FIRST, HAS_HEAD, TRUNCATED } from '../processors/capture/ring/record.js';
import type { RingWriter } from '../processors/capture/ring/ring-writer.js';
import { type CompleteStrategy, SKIP } from '../processors/capture/strategies/strategy.js';
import type { Direction } from '../protocols/direction.js';

/**
 * Writes the part of a socket's operations that the strategy keeps to the ring. Every operation is a unit of its own,
 * because the recording program, unlike a relay, does not know about streams.
 */
export class PayloadRecorder {
  readonly #writer: RingWriter;
  readonly #strategy: CompleteStrategy;
  readonly #source: number;
  #records = 0;
  #hasEnded = false;

  constructor(writer: RingWriter, strategy: CompleteStrategy, source: number) {
    this.#writer = writer;
    this.#strategy = strategy;
    this.#source = source;
  }

  get hasRecords(): boolean {
    return this.#records > 0;
  }

  /** Stops writing. */
  end(): void {
    this.#hasEnded = true;
  }

  /** @throws StrategyError if the program's own strategy is at fault; nothing is written then */
  record(bytes: Uint8Array, direction: Direction): void {
    const size = bytes.length;
    const wanted = this.#strategy.keep(size, direction, this.#source);
    if (wanted === SKIP) return;
    const weight = this.#strategy.weight(direction);
    // The program's own strategy may have closed the socket.
    if (this.#hasEnded) return;
    const kept = Math.min(wanted, size, this.#writer.maxRecordBytes);
    this.#writer.begin(0, kept);
    // Creating a view costs more than copying some hundred bytes, and is garbage later, so avoid it for whole
    // operations.
    if (kept > 0) this.#writer.copyBytes(kept === size ? bytes : bytes.subarray(0, kept));
    const flags =
      direction |
      (kept > 0 ? HAS_HEAD : 0) |
      (kept < size ? TRUNCATED : 0) |
      (this.#records === 0 ? FIRST : 0);
    this.#writer.publish(this.#source, this.#source, 0, this.#records++, flags, size, weight);
  }
}
