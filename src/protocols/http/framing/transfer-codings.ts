import { CARRIAGE_RETURN, COMMA, LINE_FEED, lowerCase, SPACE, TAB } from '../../framing/bytes.js';

const CHUNKED = 'chunked';
const IDENTITY = 'identity';

/** Reads the values of Transfer-Encoding headers (RFC 9112 section 6.1). The last coding counts, and `identity` is none. */
export class TransferCodings {
  /** How much of `expected` was seen, or -1 for another coding. */
  #index = 0;
  /** The coding that the line may be about to name. */
  #expected = CHUNKED;
  #isChunked = false;
  #isAny = false;

  /** Whether the last coding is `chunked`. */
  get isChunked(): boolean {
    return this.#isChunked;
  }

  /** Whether there is one at all. */
  get isAny(): boolean {
    return this.#isAny;
  }

  reset(): void {
    this.#index = 0;
    this.#isChunked = this.#isAny = false;
  }

  /** The next byte of a value, of which a line feed is the last. */
  take(byte: number): void {
    if (byte === COMMA || byte === LINE_FEED) this.#endCoding();
    else if (byte === SPACE || byte === TAB || byte === CARRIAGE_RETURN) this.#passBlank();
    else {
      if (this.#index === 0) this.#expected = lowerCase(byte) === 0x69 ? IDENTITY : CHUNKED;
      this.#index = lowerCase(byte) === this.#expected.charCodeAt(this.#index) ? this.#index + 1 : -1;
    }
  }

  #endCoding(): void {
    const isWhole = this.#index === this.#expected.length;
    this.#isChunked = isWhole && this.#expected === CHUNKED;
    this.#isAny ||= this.#index !== 0 && !(isWhole && this.#expected === IDENTITY);
    this.#index = 0;
  }

  #passBlank(): void {
    if (this.#index > 0 && this.#index < this.#expected.length) this.#index = -1;
  }
}
