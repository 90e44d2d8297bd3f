import { type Direction, SEND } from '../../direction.js';
import { BACKSLASH, COLON, COMMA, LEFT_BRACE, QUOTE, RIGHT_BRACE, SPACE } from '../../framing/bytes.js';
import { MALFORMED, UNFINISHED } from '../../framing/framer.js';
import type { Meter } from '../../framing/meter.js';
import { QualifiedName } from './qualified-name.js';

/** https://varlink.org/Service: all members there are, and which of them has a qualified name. */
const MEMBERS: readonly [readonly string[], readonly string[]] = [
  ['method', 'parameters', 'oneway', 'more', 'upgrade'],
  ['parameters', 'error', 'continues'],
];
const NAMED = ['method', 'error'];
const KEY_BYTES_MAX = 10;

/** Of a conversation whose protocol is not known, little is kept. */
const LONG_BYTES = 1024;

const BEFORE_OBJECT = 0;
const BEFORE_KEY = 1;
const IN_KEY = 2;
const BEFORE_COLON = 3;
const IN_VALUE = 4;
const BEHIND_OBJECT = 5;

/** Steps for each byte. */
const BYTE_STEPS = 4;

/**
 * Tells whether a stream begins as one of Varlink: an object with no other members than Varlink has, of a request the method with
 * a qualified name, and a NUL directly behind it. It looks at each byte, of one message.
 */
export class FirstMessage {
  /** Where it was seen that this is none. */
  stoppedAt = 0;
  readonly #meter: Meter;
  readonly #isRequest: boolean;
  readonly #members: readonly string[];
  readonly #name = new QualifiedName();
  readonly #key = new Uint8Array(KEY_BYTES_MAX);
  #bytes = 0;
  #state = BEFORE_OBJECT;
  #keyBytes = 0;
  #depth = 0;
  #isInString = false;
  #isEscaped = false;
  /** The value at hand is to be a qualified name. */
  #isNamed = false;
  #hasName = false;
  #hasOthers = false;

  constructor(direction: Direction, meter: Meter) {
    this.#meter = meter;
    this.#isRequest = direction === SEND;
    this.#members = MEMBERS[direction];
  }

  /** Whether a message of which the rest is missing can hardly be anything else. */
  get isConvincing(): boolean {
    return this.#hasName && (this.#hasOthers || !this.#isRequest);
  }

  /** So much of a message has come that its end is not waited for. */
  get isLong(): boolean {
    return this.#bytes > LONG_BYTES;
  }

  restart(): void {
    this.#state = BEFORE_OBJECT;
    this.#bytes = this.#depth = 0;
    this.#isInString = this.#isEscaped = false;
    this.#hasName = this.#hasOthers = false;
  }

  /** The index behind the message, UNFINISHED or MALFORMED. */
  next(bytes: Uint8Array, from: number, to: number): number {
    for (let i = from; i < to; i++) {
      const isEnd = this.#state === BEHIND_OBJECT && bytes[i] === 0 && (this.#hasName || !this.#isRequest);
      if (isEnd || !this.#take(bytes[i])) {
        this.#meter.steps += BYTE_STEPS * (i + 1 - from);
        this.stoppedAt = i;
        return isEnd ? i + 1 : MALFORMED;
      }
    }
    this.#meter.steps += BYTE_STEPS * (to - from);
    this.#bytes += to - from;
    return UNFINISHED;
  }

  /** Whether a byte may come next. */
  #take(byte: number): boolean {
    switch (this.#state) {
      case BEFORE_OBJECT:
        this.#state = BEFORE_KEY;
        return byte === LEFT_BRACE;
      case BEFORE_KEY:
        return this.#beforeKey(byte);
      case IN_KEY:
        return this.#inKey(byte);
      case BEFORE_COLON:
        if (byte === COLON) this.#state = IN_VALUE;
        return byte === COLON || isBlank(byte);
      case IN_VALUE:
        return this.#inValue(byte);
      default:
        return false;
    }
  }

  #beforeKey(byte: number): boolean {
    if (byte === RIGHT_BRACE && !this.#hasName && !this.#hasOthers) {
      this.#state = BEHIND_OBJECT;
      return true;
    }
    if (byte === QUOTE) {
      this.#state = IN_KEY;
      this.#keyBytes = 0;
    }
    return byte === QUOTE || isBlank(byte);
  }

  #inKey(byte: number): boolean {
    if (byte !== QUOTE) {
      if (this.#keyBytes === KEY_BYTES_MAX) return false;
      this.#key[this.#keyBytes++] = byte;
      return true;
    }
    this.#isNamed = this.#isOneOf(NAMED);
    if (this.#isNamed) this.#name.restart();
    else this.#hasOthers = true;
    this.#state = BEFORE_COLON;
    return this.#isOneOf(this.#members);
  }

  #isOneOf(keys: readonly string[]): boolean {
    for (let k = 0; k < keys.length; k++) {
      let i = 0;
      if (keys[k].length !== this.#keyBytes) continue;
      while (i < this.#keyBytes && keys[k].charCodeAt(i) === this.#key[i]) i++;
      if (i === this.#keyBytes) return true;
    }
    return false;
  }

  /** A value, and what ends it: a comma, or the bracket of the object. */
  #inValue(byte: number): boolean {
    if (this.#isInString) return this.#inString(byte);
    if (byte === QUOTE) {
      this.#isInString = true;
      return true;
    }
    if (this.#depth === 0 && (byte === COMMA || byte === RIGHT_BRACE)) {
      if (this.#isNamed && !this.#name.isWhole) return false;
      this.#hasName ||= this.#isNamed;
      this.#state = byte === COMMA ? BEFORE_KEY : BEHIND_OBJECT;
      return true;
    }
    // A square bracket is a brace without the bit that makes a letter small.
    const bracket = byte | SPACE;
    if (bracket === LEFT_BRACE) this.#depth++;
    else if (bracket === RIGHT_BRACE) this.#depth--;
    return this.#depth >= 0 && byte !== 0 && !(this.#isNamed && !isBlank(byte));
  }

  #inString(byte: number): boolean {
    if (this.#isNamed) {
      if (byte !== QUOTE) return this.#name.take(byte);
      this.#isInString = false;
      return this.#name.isWhole;
    }
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#isInString = false;
    return byte >= SPACE;
  }
}

/** White space between the parts of an object. A line feed would have to be a pretty text's. */
function isBlank(byte: number): boolean {
  return byte === SPACE || (byte >= 0x09 && byte <= 0x0d);
}
