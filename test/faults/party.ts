import { SHUT_RD, SHUT_WR } from '../../src/linux/constants.js';
import { Pattern } from '../support/pattern.js';
import type { RawStream } from '../support/raw-stream.js';

/**
 * How an end behaves. `listens`: sends, shuts down its sending side, and reads to the last. `closes`: sends, and closes
 * whatever is coming. `stalls`: as `listens`, but reads nothing for a long time. `deaf`: shuts down its receiving side
 * first. `vanishes`: closes in the middle of what it sends.
 */
export type Manner = 'listens' | 'closes' | 'stalls' | 'deaf' | 'vanishes';

const MANNERS: readonly (readonly [Manner, number])[] = [
  ['listens', 0.5],
  ['closes', 0.15],
  ['stalls', 0.15],
  ['deaf', 0.1],
  ['vanishes', 0.1],
];

/** Of a hundred streams, most are short, some fill every buffer on the way several times over. */
const SIZES: readonly (readonly [number, number])[] = [
  [0, 0.1],
  [200, 0.3],
  [8_000, 0.35],
  [80_000, 0.2],
  [1_500_000, 0.05],
];

const CHUNK_BYTES_MAX = 90_000;
const STALLED_STEPS = 400;

/** One end of a connection, which knows what it ought to hear, and says when that is not what it hears. */
export class Party {
  readonly manner: Manner;
  /** What was sent and received before, of the conversation's number. */
  readonly #stream: RawStream;
  readonly #out: Pattern;
  readonly #in: Pattern;
  readonly #random: () => number;
  readonly #wanted: number;
  readonly #vanishesAt: number;
  #steps = 0;
  #isSending = true;
  #isReceiving: boolean;
  sent = 0;
  received = 0;

  constructor(stream: RawStream, random: () => number, seeds: { out: number; in: number }) {
    this.#stream = stream;
    this.#random = random;
    this.#out = new Pattern(seeds.out);
    this.#in = new Pattern(seeds.in);
    this.manner = pick(MANNERS, random());
    this.#wanted = Math.floor(random() * pick(SIZES, random()));
    this.#vanishesAt =
      this.manner === 'vanishes' ? Math.floor(random() * this.#wanted) : Number.POSITIVE_INFINITY;
    this.#isReceiving = this.manner !== 'deaf';
    if (this.manner === 'deaf') stream.shutdown(SHUT_RD);
  }

  get isOver(): boolean {
    return !this.#isSending && !this.#isReceiving;
  }

  /** Whether it hears to the end: it must then have got all that was sent to it. */
  get hearsAll(): boolean {
    return this.manner === 'listens' || this.manner === 'stalls';
  }

  /** Sends, receives or does nothing, as it likes. Whether anything happened. @throws Error on a wrong byte. */
  step(): boolean {
    this.#steps++;
    const hasSent = this.#isSending && this.#random() < 0.7 && this.#send();
    const isStalled = this.manner === 'stalls' && this.#steps < STALLED_STEPS;
    const hasReceived = this.#isReceiving && !isStalled && this.#random() < 0.6 && this.#receive();
    return hasSent || hasReceived || isStalled;
  }

  #send(): boolean {
    if (this.sent >= this.#vanishesAt) {
      this.#isSending = false;
      this.#isReceiving = false;
      this.#stream.close();
      return true;
    }
    const left = this.#wanted - this.sent;
    const length = Math.min(left, 1 + Math.floor(this.#random() * CHUNK_BYTES_MAX));
    const sent = length === 0 ? 0 : this.#stream.send(this.#out.slice(this.sent, length));
    if (sent === 'EAGAIN') return false;
    if (typeof sent === 'number') this.sent += sent;
    // Where nobody takes more, EPIPE or ECONNRESET, there is no more to send.
    if (typeof sent === 'string' || this.sent === this.#wanted) this.#finish();
    return true;
  }

  #finish(): void {
    this.#isSending = false;
    if (this.hearsAll) {
      this.#stream.shutdown(SHUT_WR);
      return;
    }
    this.#isReceiving = false;
    this.#stream.close();
  }

  #receive(): boolean {
    const received = this.#stream.receive(1 + Math.floor(this.#random() * CHUNK_BYTES_MAX));
    if (received === 'EAGAIN') return false;
    if (typeof received === 'string') {
      this.#isReceiving = false;
      return true;
    }
    this.#in.check(received, this.received);
    this.received += received.length;
    return true;
  }
}

/** The value whose share of 1 `at` falls into. */
function pick<T>(shares: readonly (readonly [T, number])[], at: number): T {
  let end = 0;
  for (const [value, share] of shares) {
    end += share;
    if (at < end) return value;
  }
  return shares[shares.length - 1][0];
}
