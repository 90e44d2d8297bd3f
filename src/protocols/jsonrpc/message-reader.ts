import { LEFT_BRACE, LEFT_BRACKET, skipBlank } from '../framing/bytes.js';
import { CUT, FINE, JsonReader, MALFORMED } from '../json/json-reader.js';
import { Token } from '../json/token.js';
import type { PartialUnit } from '../partial-unit.js';
import type { UndecodableReason } from '../protocol.js';
import { Envelope } from './envelope.js';

/** More calls in one batch than anybody means to make. */
const BATCH_ELEMENTS_MAX = 10_000;

/** Takes the messages that are found in a unit. */
export interface MessageTaker {
  /** A message object of `length` bytes. The envelope is good until this returns. A reason when it is none after all. */
  message(envelope: Envelope, length: number): UndecodableReason | undefined;
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
   * Reads bytes[from, to), which begin a message of `length` bytes. They are all of it, unless there is a `rest`: then
   * its tail, if it has one, ends the message. Overwrites bytes[to].
   */
  read(bytes: Uint8Array, from: number, to: number, length: number, rest: PartialUnit | undefined): void {
    let reason: UndecodableReason | undefined;
    if (from === to) reason = rest === undefined ? undefined : 'truncated';
    else if (bytes[from] === LEFT_BRACE) reason = this.#object(bytes, from, to, length, rest);
    else if (bytes[from] === LEFT_BRACKET) reason = this.#batch(bytes, from, to, rest === undefined);
    else reason = 'not_a_message';
    if (reason !== undefined) this.#taker.undecodable(reason);
  }

  /** Whether bytes[from, to) are one value, and nothing else. */
  isWhole(bytes: Uint8Array, from: number, to: number): boolean {
    const reader = this.#array;
    const behind = bytes[to];
    reader.open(bytes, from, to);
    const isWhole = reader.begin(this.#ignored) && reader.pass(this.#ignored) && reader.at === to;
    bytes[to] = behind;
    return isWhole;
  }

  /** Lets go of the bytes that were read. */
  forget(): void {
    this.#envelope.forget();
    this.#array.forget();
    this.#ignored.forget();
  }

  #object(
    bytes: Uint8Array,
    from: number,
    to: number,
    length: number,
    rest: PartialUnit | undefined,
  ): UndecodableReason | undefined {
    const envelope = this.#envelope;
    envelope.rest = rest;
    let status = envelope.read(bytes, from, to, rest !== undefined);
    if (status === FINE && skipBlank(bytes, envelope.end, to) < to) return 'malformed';
    if (status === CUT && rest === undefined) return 'malformed';
    if (status === CUT && rest !== undefined && !envelope.isEnough)
      status = envelope.readEnd(rest.tail, 0, rest.tailBytes);
    if (status === MALFORMED) return 'malformed';
    return this.#taker.message(envelope, length);
  }

  /** A reason for what is not told of: all elements behind the one at which reading stopped, and that one if need be. */
  #batch(bytes: Uint8Array, from: number, to: number, isComplete: boolean): UndecodableReason | undefined {
    const array = this.#array;
    array.open(bytes, from, to);
    array.expect(LEFT_BRACKET);
    let count = 0;
    while (array.nextElement(count === 0)) {
      // Any other array is no batch: a list of something else, or `[2024-01-01 12:00:00] ready`.
      if (count === 0 && array.bytes[array.at] !== LEFT_BRACE) return 'not_a_message';
      if (++count > BATCH_ELEMENTS_MAX) return 'too_large';
      const reason = this.#element(array, isComplete);
      if (array.status !== FINE && reason === stopReason(array.status, isComplete)) return reason;
      if (reason !== undefined) this.#taker.undecodable(reason);
    }
    if (array.status !== FINE) return stopReason(array.status, isComplete);
    if (skipBlank(bytes, array.at, to) < to) return 'malformed';
    return count === 0 ? 'not_a_message' : undefined;
  }

  #element(array: JsonReader, isComplete: boolean): UndecodableReason | undefined {
    const start = array.at;
    if (array.bytes[start] !== LEFT_BRACE) {
      return array.begin(this.#ignored) && array.pass(this.#ignored) ? 'not_a_message' : undefined;
    }
    const envelope = this.#envelope;
    envelope.rest = undefined;
    array.status = envelope.read(array.bytes, start, array.to);
    array.at = envelope.end;
    if (array.status === MALFORMED || (array.status === CUT && isComplete)) return 'malformed';
    return this.#taker.message(envelope, (array.status === FINE ? array.at : array.to) - start);
  }
}

/** Why a batch was not read to its end. */
function stopReason(status: number, isComplete: boolean): UndecodableReason {
  return status === CUT && !isComplete ? 'truncated' : 'malformed';
}
