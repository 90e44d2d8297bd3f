import { type Direction, SEND } from '../../../../../src/protocols/direction.js';
import {
  FRAMED,
  type Framer,
  MESSAGE,
  NO_TERMINATOR,
  UNDECIDED,
  UNFINISHED,
  UNFRAMED,
} from '../../../../../src/protocols/framing/framer.js';
import { NO_GLANCE } from '../../../../../src/protocols/framing/glance.js';
import type { ProtocolFraming } from '../../../../../src/protocols/framing/protocol-framing.js';
import { ANSWERS, HEADER_BYTES, LENGTH_BYTES, LENGTH_MAX, REQUESTS } from './messages.js';

/** Each message says how long it is. After a loss, one begins where a piece does. */
class SshAgentFramer implements Framer {
  readonly kind = MESSAGE;
  readonly openingKind = MESSAGE;
  readonly terminator = NO_TERMINATOR;
  readonly glance = NO_GLANCE;
  readonly #types: ReadonlyMap<number, unknown>;
  #framing = UNDECIDED;
  #isLost = false;
  /** The length or the type of the message at hand is missing. */
  #isDamaged = false;
  /** Bytes of its header that were seen. */
  #seen = 0;
  /** Its length as far as it was seen, then what is left of it. */
  #left = 0;

  constructor(direction: Direction) {
    this.#types = direction === SEND ? REQUESTS : ANSWERS;
  }

  get framing(): number {
    return this.#framing;
  }

  get isRecognised(): boolean {
    return this.#framing === FRAMED;
  }

  get isBetween(): boolean {
    return this.#seen === 0 && !this.#isDamaged;
  }

  minBytes(): number {
    return HEADER_BYTES;
  }

  maxBytes(): number {
    return Number.POSITIVE_INFINITY;
  }

  next(bytes: Uint8Array, from: number, to: number): number {
    if (this.#framing === UNFRAMED) return to;
    if (this.#isDamaged) return UNFINISHED;
    let at = from;
    while (at < to && this.#seen < HEADER_BYTES) {
      if (!this.#header(bytes[at++])) return this.#fail(to);
    }
    if (this.#seen < HEADER_BYTES) return UNFINISHED;
    this.#framing = FRAMED;
    this.#isLost = false;
    const count = Math.min(this.#left, to - at);
    this.#left -= count;
    if (this.#left > 0) return UNFINISHED;
    this.#expect();
    return at + count;
  }

  skip(count: number, endsUnit: boolean): void {
    if (this.#framing === UNFRAMED || (count === 0 && !endsUnit)) return;
    if (endsUnit) this.#expect();
    else if (this.#seen < HEADER_BYTES) this.#isDamaged = true;
    else if (count > this.#left) this.lose();
    else {
      this.#left -= count;
      if (this.#left === 0) this.#expect();
    }
  }

  lose(): void {
    if (this.#framing === UNFRAMED) return;
    this.#framing = UNDECIDED;
    this.#isLost = true;
    this.#expect();
  }

  /** Whether a byte of a header may be one. */
  #header(byte: number): boolean {
    if (this.#seen++ === LENGTH_BYTES) {
      this.#left--;
      return this.#types.has(byte);
    }
    this.#left = this.#left * 256 + byte;
    const isWhole = this.#seen === LENGTH_BYTES;
    return this.#left <= LENGTH_MAX >> (8 * (LENGTH_BYTES - this.#seen)) && (!isWhole || this.#left > 0);
  }

  #expect(): void {
    this.#isDamaged = false;
    this.#seen = 0;
    this.#left = 0;
  }

  #fail(to: number): number {
    this.#expect();
    if (!this.#isLost) this.#framing = UNFRAMED;
    return to;
  }
}

export const sshAgentFraming: ProtocolFraming = {
  name: 'ssh_agent',
  createFramer: (direction) => new SshAgentFramer(direction),
};
