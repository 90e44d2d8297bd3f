/** Bytes in a chunk: enough that handing one on costs little, and few enough to be filled within a millisecond. */
const CHUNK_BYTES = 2 ** 18;

/** No number is longer, and a line feed fits behind it. */
const VALUE_BYTES = 32;

/** Digits of 2^53. */
const MAX_DIGITS = 16;

const ZERO = 48;
const LINE_FEED = 10;

/**
 * Lines of the text format as bytes, in chunks.
 *
 * Names and labels come as bytes and are copied. Joining strings and encoding the result takes three to five
 * times as long, for it does the same work in every line again.
 */
export class LineBuffer {
  #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #length = 0;
  #full: Uint8Array[] = [];
  /** Digits of the number being written, the last one first. */
  readonly #digits = new Uint8Array(MAX_DIGITS);

  /**
   * Writes a line that consists of three parts, a value and a tail.
   *
   * @param tail has no characters but those of ASCII.
   */
  sample(name: Uint8Array, labels: Uint8Array, ending: Uint8Array, value: number, tail = ''): void {
    this.#reserve(name.length + labels.length + ending.length + VALUE_BYTES + tail.length);
    this.#put(name);
    this.#put(labels);
    this.#put(ending);
    if (Number.isSafeInteger(value) && value >= 0) this.#putInteger(value);
    else this.#length += this.#chunk.write(numberText(value), this.#length, 'latin1');
    if (tail !== '') this.#length += this.#chunk.write(tail, this.#length, 'latin1');
    this.#chunk[this.#length++] = LINE_FEED;
  }

  /** Writes text that has its line feeds already. */
  text(text: string): void {
    const bytes = Buffer.from(text);
    this.#reserve(bytes.length);
    this.#put(bytes);
  }

  /** Takes the chunks that are full out of the buffer. */
  takeFull(): Uint8Array[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }

  /** Takes all there is, for the last time. */
  takeAll(): Uint8Array[] {
    return [...this.takeFull(), this.#chunk.subarray(0, this.#length)];
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#chunk.length) return;
    this.#full.push(this.#chunk.subarray(0, this.#length));
    this.#chunk = Buffer.allocUnsafeSlow(Math.max(bytes, CHUNK_BYTES));
    this.#length = 0;
  }

  #put(bytes: Uint8Array): void {
    this.#chunk.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #putInteger(value: number): void {
    const digits = this.#digits;
    let count = 0;
    let rest = value;
    do {
      // Exact: a quotient below 2^50 is off by less than the tenth that it takes to reach the next number.
      const tenth = Math.floor(rest / 10);
      digits[count++] = ZERO + (rest - tenth * 10);
      rest = tenth;
    } while (rest > 0);
    while (count > 0) this.#chunk[this.#length++] = digits[--count];
  }
}

/** A number as the format has it. */
export function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}
