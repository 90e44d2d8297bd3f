import { SPACE } from '../../framing/bytes.js';
import { ARRAY, IS_INTEGER, IS_TEXT, KINDS, NIL } from './formats.js';

/** https://github.com/msgpack-rpc/msgpack-rpc/blob/master/spec.md: the types of messages, and arrays of so many elements. */
export const REQUEST = 0;
export const RESPONSE = 1;
export const NOTIFICATION = 2;

const ARRAY_OF_3 = 0x93;
const ARRAY_OF_4 = 0x94;

/** Methods of a conversation whose protocol is not known are not longer. */
const METHOD_BYTES_MAX = 255;

/** Places of elements. */
const TYPE = 0;
const ID = 1;

/** Tells whether a message may be the first of MessagePack-RPC, by the elements of its array. */
export class FirstMessage {
  #count = 0;
  #type = REQUEST;
  #hasError = false;
  #isNilLast = false;

  /** The first byte of the message. */
  begin(first: number): boolean {
    this.#count = first & 0x0f;
    return first === ARRAY_OF_3 || first === ARRAY_OF_4;
  }

  /** The first byte of one of its elements. */
  element(index: number, first: number): boolean {
    if (index === TYPE) {
      this.#type = first;
      return first === NOTIFICATION ? this.#count === 3 : first <= RESPONSE && this.#count === 4;
    }
    if (index === ID && this.#type !== NOTIFICATION) return IS_INTEGER[first] === 1;
    if (this.#type !== RESPONSE) return this.isMethod(index) ? IS_TEXT[first] === 1 : KINDS[first] === ARRAY;
    if (index === ID + 1) this.#hasError = first !== NIL;
    else this.#isNilLast = first === NIL;
    return true;
  }

  isMethod(index: number): boolean {
    return this.#type !== RESPONSE && index === this.#count - 2;
  }

  /** The length of the method, and a byte of it. */
  methodOf(bytes: number): boolean {
    return bytes > 0 && bytes <= METHOD_BYTES_MAX;
  }

  isOfMethod(byte: number): boolean {
    return byte > SPACE && byte < 0x7f;
  }

  /** Whether the parameters, which have begun, make it certain. */
  isCertainAt(index: number): boolean {
    return this.#type !== RESPONSE && index === this.#count - 1;
  }

  /** Whether the end of the message does: a response has a result or an error. */
  get isCertainAtEnd(): boolean {
    return this.#type !== RESPONSE || !this.#hasError || this.#isNilLast;
  }
}
