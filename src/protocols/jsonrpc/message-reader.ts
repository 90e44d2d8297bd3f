import { LEFT_BRACE, LEFT_BRACKET, skipBlank } from '../framing/bytes.js';
import type { UndecodableReason } from '../protocol.js';
import { Envelope } from './envelope.js';
import { CUT, FINE, JsonReader, MALFORMED } from './json-reader.js';
import { Token } from './token.js';

/** More calls in one batch than anybody means to make. */
const BATCH_ELEMENTS_MAX = 10_000;

/** Takes the messages that are found in a unit. */
export interface MessageTaker {
  /**
   * A message object of `length` bytes. `isComplete`: all of it was read. `isOnly`: it is not in a batch.
   * The envelope is good until this returns. A reason when it is none after all.
   */
  message(
    envelope: Envelope,
    length: number,
    isComplete: boolean,
    isOnly: boolean,
  ): UndecodableReason | undefined;
  undecodable(reason: UndecodableReason): void;
}

/** Takes apart what a message may be: an object, or an array of them. */
export class MessageReader {
  readonly #taker: MessageTaker;
  readonly #envelope = new Envelope();
  readonly #array = new JsonReader();
  readonly #ignored = new Token();

  constructor(taker: MessageTaker) {
    this.#taker = taker;
  }

  /**
   * Reads bytes[from, to), which begin a message of `length` bytes and are all of it if `isComplete`.
   * Overwrites bytes[to].
   */
  read(bytes: Uint8Array, from: number, to: number, length: number, isComplete: boolean): void {
    let reason: UndecodableReason | undefined;
    if (from === to) reason = isComplete ? undefined : 'truncated';
    else if (bytes[from] === LEFT_BRACE) reason = this.#object(bytes, from, to, length, isComplete);
    else if (bytes[from] === LEFT_BRACKET) reason = this.#batch(bytes, from, to, isComplete);
    else reason = 'not_a_message';
    if (reason !== undefined) this.#taker.undecodable(reason);
  }

  #object(
    bytes: Uint8Array,
    from: number,
    to: number,
    length: number,
    isComplete: boolean,
  ): UndecodableReason | undefined {
    const status = this.#envelope.read(bytes, from, to, !isComplete);
    if (status === MALFORMED) return 'malformed';
    if (status === CUT && isComplete) return 'malformed';
    if (status === FINE && skipBlank(bytes, this.#envelope.end, to) < to) return 'malformed';
    return this.#taker.message(this.#envelope, length, status === FINE, true);
  }

  #batch(bytes: Uint8Array, from: number, to: number, isComplete: boolean): UndecodableReason | undefined {
    const array = this.#array;
    array.open(bytes, from, to);
    array.expect(LEFT_BRACKET);
    let count = 0;
    while (array.nextElement(count === 0)) {
      if (++count > BATCH_ELEMENTS_MAX) return 'too_large';
      const reason = this.#element(array, isComplete);
      if (reason !== undefined) this.#taker.undecodable(reason);
      // What stopped the element has been counted with it.
      if (array.status !== FINE) return undefined;
    }
    if (array.status === CUT) return isComplete ? 'malformed' : 'truncated';
    if (array.status === MALFORMED || skipBlank(bytes, array.at, to) < to) return 'malformed';
    return count === 0 ? 'not_a_message' : undefined;
  }

  #element(array: JsonReader, isComplete: boolean): UndecodableReason | undefined {
    const start = array.at;
    if (array.bytes[start] !== LEFT_BRACE) {
      const isPassed = array.begin(this.#ignored) && array.pass(this.#ignored);
      return isPassed ? 'not_a_message' : cutReason(array.status, isComplete);
    }
    array.status = this.#envelope.read(array.bytes, start, array.to);
    array.at = this.#envelope.end;
    if (array.status === MALFORMED || (array.status === CUT && isComplete)) return 'malformed';
    const end = array.status === FINE ? array.at : array.to;
    return this.#taker.message(this.#envelope, end - start, array.status === FINE, false);
  }
}

function cutReason(status: number, isComplete: boolean): UndecodableReason {
  return status === CUT && !isComplete ? 'truncated' : 'malformed';
}
