import { MALFORMED, UNFINISHED } from '../../framing/framer.js';
import type { Meter } from '../../framing/meter.js';
import { UnitFramer } from '../../framing/unit-framer.js';
import { FirstMessage } from './first-message.js';
import { ARRAY, BYTES, isValue, KINDS, LENGTH_BYTES, LENGTHS, MAP, SCALAR } from './formats.js';

/** No message has more values. */
const VALUES_MAX = 2 ** 32;

/** So much of a message has its method or error in it. */
const KEPT_BYTES = 128;

/** Steps for each piece, and for each value. */
const PIECE_STEPS = 20;
const VALUE_STEPS = 6;

/**
 * A message is an array, which ends with its last element. Values are walked over one by one, with a number of those that are yet to
 * come: depth costs nothing. Texts and bytes are skipped by their lengths.
 */
export class MsgpackRpcFramer extends UnitFramer {
  readonly #meter: Meter;
  readonly #first = new FirstMessage();
  /** Values that are yet to come; -1 between two messages. */
  #values = -1;
  /** Bytes of a length that are yet to come, what they say so far, and what has this length. */
  #lengthBytes = 0;
  #length = 0;
  #kind = SCALAR as number;
  /** Bytes of the value at hand that are yet to come. */
  #left = 0;
  /** Elements of the message that have begun, and values that are left when the next does. */
  #elements = 0;
  #valuesAtElement = 0;

  constructor(meter: Meter) {
    super();
    this.#meter = meter;
  }

  override minBytes(): number {
    return KEPT_BYTES;
  }

  protected override scan(bytes: Uint8Array, from: number, to: number): number {
    this.#meter.steps += PIECE_STEPS;
    for (let at = from; at < to; ) {
      if (this.#left > 0) {
        const count = Math.min(this.#left, to - at);
        if (!this.isRecognised && !this.#mayHold(bytes, at, at + count)) return MALFORMED;
        this.#left -= count;
        at += count;
      } else {
        const isFine = this.#lengthBytes > 0 ? this.#takeLength(bytes[at]) : this.#begin(bytes[at]);
        if (!isFine) return MALFORMED;
        at++;
      }
      if (this.#isOver) return this.#end(at);
    }
    return UNFINISHED;
  }

  protected override restart(): void {
    this.#values = -1;
    this.#lengthBytes = this.#left = 0;
  }

  protected override pass(count: number): number {
    if (count > this.#left || !this.isRecognised) return MALFORMED;
    this.#left -= count;
    return this.#isOver ? 0 : UNFINISHED;
  }

  get #isOver(): boolean {
    return this.#values === 0 && this.#left === 0 && this.#lengthBytes === 0;
  }

  #end(at: number): number {
    if (!this.isRecognised && !this.#first.isCertainAtEnd) return MALFORMED;
    this.recognise();
    return at;
  }

  /** The first byte of a value. */
  #begin(first: number): boolean {
    this.#meter.steps += VALUE_STEPS;
    if (!isValue(first)) return false;
    if (!this.isRecognised && !this.#mayBegin(first)) return false;
    if (this.#values < 0) {
      // What is no array can be no message: the stream has gone wrong.
      if (KINDS[first] !== ARRAY) return false;
      this.#values = 1;
      this.#elements = 0;
    }
    this.#values--;
    this.#kind = KINDS[first];
    this.#lengthBytes = LENGTH_BYTES[first];
    this.#length = 0;
    const length = LENGTHS[first];
    if (this.#kind === SCALAR) this.#left = length;
    else if (this.#lengthBytes === 0) return this.#has(length);
    // The type of an extension.
    else this.#left = length;
    return true;
  }

  #takeLength(byte: number): boolean {
    this.#length = this.#length * 256 + byte;
    return --this.#lengthBytes > 0 || this.#has(this.#length);
  }

  /** The value at hand has so many bytes or elements. */
  #has(length: number): boolean {
    if (this.#kind === BYTES) {
      if (!this.isRecognised && this.#isInMethod && !this.#first.methodOf(length)) return false;
      this.#left += length;
    } else if (this.#kind === ARRAY) this.#values += length;
    else if (this.#kind === MAP) this.#values += 2 * length;
    if (this.#elements === 0) this.#valuesAtElement = this.#values;
    return this.#values <= VALUES_MAX;
  }

  /** Whether a value of a stream that is not recognised may begin so; it is, if that is certain. */
  #mayBegin(first: number): boolean {
    if (this.#values < 0) return this.#first.begin(first);
    if (this.#values !== this.#valuesAtElement) return true;
    const index = this.#elements++;
    this.#valuesAtElement--;
    if (!this.#first.element(index, first)) return false;
    if (this.#first.isCertainAt(index)) this.recognise();
    return true;
  }

  get #isInMethod(): boolean {
    return (
      this.#elements > 0 && this.#values === this.#valuesAtElement && this.#first.isMethod(this.#elements - 1)
    );
  }

  /** Whether bytes of a value of a stream that is not recognised may be such. */
  #mayHold(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.#kind !== BYTES || !this.#isInMethod) return true;
    for (let i = from; i < to; i++) if (!this.#first.isOfMethod(bytes[i])) return false;
    return true;
  }
}
