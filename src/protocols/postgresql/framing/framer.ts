import { type Direction, SEND } from '../../direction.js';
import { MALFORMED, UNFINISHED } from '../../framing/framer.js';
import type { Meter } from '../../framing/meter.js';
import { UnitFramer } from '../../framing/unit-framer.js';
import { bigWordAt } from '../../framing/words.js';
import { isLikelyOfClient, isLikelyOfServer } from './likelihood.js';
import {
  AUTHENTICATION,
  CANCEL_CODE,
  CLIENT_LENGTHS,
  COPY_DATA,
  DATA_ROW,
  ERROR,
  GSS_CODE,
  GSS_FOLLOWS,
  HEADER_BYTES,
  isOpening,
  LENGTH_BYTES,
  type Lengths,
  NEGOTIATE_VERSION,
  NO_TYPE,
  OPENING_BYTES,
  PARSE,
  QUERY,
  REFUSED,
  SERVER_LENGTHS,
  SSL_CODE,
  SSL_FOLLOWS,
  STARTUP_BYTES_MAX,
} from './messages.js';

/** Names of tables stand behind long lists of columns. Less is kept of other messages: names, and the code of an error. */
const KEPT_SQL_BYTES = 4096;
const KEPT_OPENING_BYTES = 1024;
const KEPT_NAMES_BYTES = 192;

/** Longer ones are not recognised behind a loss, nor at the beginning. */
const FOUND_BYTES_MAX = 2 ** 20;
const FIRST_BYTES_MAX = 10_000;

/** Steps for each header. */
const HEADER_STEPS = 15;

/**
 * Messages say how long they are. Rows, and data that are copied, follow one another: as many as there are make one unit, which
 * ends where something else begins, so that only the beginning of a result is kept.
 */
export class PostgresqlFramer extends UnitFramer {
  readonly #meter: Meter;
  readonly #isClient: boolean;
  readonly #lengths: Lengths;
  /** There has been a message: packets that open, and answers of one byte to them, are over. */
  #isOpened = false;
  /** What follows is encrypted. */
  #isEncrypted = false;
  /** A packet that opens is at hand. */
  #isOpening = false;
  /** Bytes of the header that were seen, … */
  #seen = 0;
  /** … and those that it has, once all of them were; 0 before. */
  #headerBytes = 0;
  #type = NO_TYPE;
  #length = 0;
  #code = 0;
  /** Bytes that are left of the message at hand. */
  #left = 0;
  /** Whether the unit at hand may have another message like its last. */
  #isRun = false;
  #keptBytes = KEPT_SQL_BYTES;

  constructor(direction: Direction, meter: Meter) {
    super();
    this.#meter = meter;
    this.#isClient = direction === SEND;
    this.#lengths = this.#isClient ? CLIENT_LENGTHS : SERVER_LENGTHS;
  }

  override minBytes(): number {
    return this.#keptBytes;
  }

  protected override scan(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to) {
      if (this.#headerBytes === 0) {
        if (this.#seen === 0) {
          if (this.#isRun && bytes[at] !== this.#type) return at;
          if (this.#isAnswer(bytes[at])) return at + 1;
        }
        at = this.#takeHeader(bytes, at, to);
        if (at < 0) return at;
      }
      if (!this.isRecognised) {
        if (this.#left > 0 && at === to) return UNFINISHED;
        if (this.#left > 0 && !this.#isLikely(bytes[at])) return MALFORMED;
        this.recognise();
      }
      const count = Math.min(this.#left, to - at);
      this.#left -= count;
      at += count;
      if (this.#left > 0) return UNFINISHED;
      if (!this.#mayRun) return at;
      this.#run();
    }
    return UNFINISHED;
  }

  protected override restart(): void {
    this.#seen = this.#headerBytes = this.#left = 0;
    this.#isRun = false;
  }

  protected override pass(count: number): number {
    if (this.#headerBytes === 0 || count > this.#left) return MALFORMED;
    this.#left -= count;
    if (this.#left > 0) return UNFINISHED;
    if (!this.#mayRun) return 0;
    this.#run();
    return UNFINISHED;
  }

  get #mayRun(): boolean {
    return this.#type === COPY_DATA || (this.#type === DATA_ROW && !this.#isClient);
  }

  #run(): void {
    this.#seen = this.#headerBytes = 0;
    this.#isRun = true;
  }

  /** Whether a byte is all that a server says of encryption. Behind a loss it would be one of many. */
  #isAnswer(byte: number): boolean {
    if (this.#isClient || this.#isOpened || this.#isEncrypted || this.isInDoubt) return false;
    this.#isEncrypted = byte === SSL_FOLLOWS || byte === GSS_FOLLOWS;
    return this.#isEncrypted || byte === REFUSED;
  }

  /** The index behind the header, UNFINISHED or MALFORMED. */
  #takeHeader(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    if (this.#seen === 0) {
      if (this.#isEncrypted) return MALFORMED;
      this.#meter.steps += HEADER_STEPS;
      this.#length = this.#code = 0;
      this.#isOpening = this.#isClient && !this.#isOpened && (bytes[at] === 0 || !this.isInDoubt);
      if (!this.#isOpening && to - at >= HEADER_BYTES) {
        this.#type = bytes[at];
        this.#length = bigWordAt(bytes, at + 1);
        this.#seen = HEADER_BYTES;
        at += HEADER_BYTES;
      }
    }
    const headerBytes = this.#isOpening ? OPENING_BYTES : HEADER_BYTES;
    while (at < to && this.#seen < headerBytes) {
      this.#take(bytes[at++]);
      if (!this.#isPossible) return MALFORMED;
    }
    if (this.#seen < headerBytes) return UNFINISHED;
    return this.#passHeader(headerBytes) ? at : MALFORMED;
  }

  #take(byte: number): void {
    const at = this.#seen++;
    if (this.#isOpening) {
      if (at < LENGTH_BYTES) this.#length = this.#length * 256 + byte;
      else this.#code = this.#code * 256 + byte;
    } else if (at === 0) this.#type = byte;
    else this.#length = this.#length * 256 + byte;
  }

  /** Whether the header may be one, as far as it was seen. */
  get #isPossible(): boolean {
    if (!this.#isOpening) return this.#lengths.longest[this.#type] > 0;
    return this.#length <= STARTUP_BYTES_MAX >>> (8 * Math.max(0, LENGTH_BYTES - this.#seen));
  }

  /** Whether the header is one; then the rest of the message is left. */
  #passHeader(headerBytes: number): boolean {
    if (this.#isOpening) {
      if (!isOpening(this.#length, this.#code)) return false;
      this.#type = NO_TYPE;
      this.#isOpened = this.#code !== SSL_CODE && this.#code !== GSS_CODE;
      this.#left = this.#length - OPENING_BYTES;
    } else {
      const { longest, shortest } = this.#lengths;
      const type = this.#type;
      if (this.#length < shortest[type] || this.#length > longest[type]) return false;
      if (!this.isRecognised && !this.#mayBeFirst) return false;
      this.#isOpened = true;
      this.#left = this.#length - LENGTH_BYTES;
    }
    this.#headerBytes = headerBytes;
    this.#keptBytes = this.#keptOf(this.#type);
    return true;
  }

  /** Whether a message may be the first that is seen. */
  get #mayBeFirst(): boolean {
    if (this.isInDoubt) return this.#length <= FOUND_BYTES_MAX;
    const type = this.#type;
    const isFirst = type === AUTHENTICATION || type === ERROR || type === NEGOTIATE_VERSION;
    return isFirst && this.#length <= FIRST_BYTES_MAX;
  }

  #isLikely(byte: number): boolean {
    if (this.#isOpening && this.#code === CANCEL_CODE) return true;
    return this.#isClient ? isLikelyOfClient(this.#type, byte) : isLikelyOfServer(this.#type, byte);
  }

  #keptOf(type: number): number {
    if (type === NO_TYPE) return KEPT_OPENING_BYTES;
    if (!this.#isClient) return type === ERROR ? KEPT_NAMES_BYTES : HEADER_BYTES;
    return type === QUERY || type === PARSE ? KEPT_SQL_BYTES : KEPT_NAMES_BYTES;
  }
}
