import assert from 'node:assert/strict';
import { SHUT_WR } from '../../src/linux/constants.js';
import { Pattern, randomNumbers } from './pattern.js';
import type { RawStream } from './raw-stream.js';

export interface FlowOptions {
  seed: number;
  /** Bytes to carry before the sending side is shut down. */
  bytes: number;
  /** Sends and receives are of random sizes up to this. */
  chunkBytesMax: number;
}

/** Bytes on their way from one end of a connection to the other, each of them checked where it arrives. */
export class Flow {
  sent = 0;
  received = 0;
  ended = false;
  readonly #pattern: Pattern;
  readonly #random: () => number;
  #shutDown = false;

  constructor(
    readonly from: RawStream,
    readonly to: RawStream,
    readonly options: FlowOptions,
  ) {
    this.#pattern = new Pattern(options.seed);
    this.#random = randomNumbers(options.seed);
  }

  /** Sends once and receives once. Whether anything moved. */
  step(): boolean {
    const sent = this.#send();
    return this.receive() || sent;
  }

  /** Receives once; whether something came. */
  receive(): boolean {
    if (this.ended) return false;
    const received = this.to.receive(this.#chunk());
    if (received === 'EAGAIN') return false;
    if (typeof received === 'string') {
      this.#end(received);
    } else {
      this.#pattern.check(received, this.received);
      this.received += received.length;
    }
    return true;
  }

  #send(): boolean {
    if (this.#shutDown) return false;
    const left = this.options.bytes - this.sent;
    if (left === 0) {
      this.from.shutdown(SHUT_WR);
      this.#shutDown = true;
      return true;
    }
    const sent = this.from.send(this.#pattern.slice(this.sent, Math.min(left, this.#chunk())));
    if (sent === 'EAGAIN') return false;
    if (typeof sent === 'string') throw new Error(`send: ${sent} after ${this.sent} bytes`);
    this.sent += sent;
    return true;
  }

  #end(reason: string): void {
    assert.equal(reason, 'EOF');
    assert.equal(this.received, this.options.bytes, 'the stream ended too early or too late');
    this.ended = true;
  }

  #chunk(): number {
    return 1 + Math.floor(this.#random() * this.options.chunkBytesMax);
  }
}
