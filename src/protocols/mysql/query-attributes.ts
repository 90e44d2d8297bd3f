import { asciiText, standsAt } from '../text.js';
import { isTraceparent } from '../trace-context.js';

/** Texts begin with no byte that is lower. More attributes than that are not known from a text. */
const FIRST_OF_TEXT = 9;
/** There is one set of them, and one new type for each. */
const SETS = 1;
const NEW_TYPES = 1;
const TYPE_BYTES = 2;

const TRACEPARENT = 'traceparent';
const TRACEPARENT_BYTES_MAX = 256;

/** A length stands in front of the value: of one byte for times, of one or more for what may be long. */
const TIME = -1;
const LENGTH_ENCODED = -2;

/** Bytes of a value by the number of its type: https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html */
const VALUE_BYTES: Readonly<Record<number, number>> = {
  1: 1,
  2: 2,
  3: 4,
  4: 4,
  5: 8,
  6: 0,
  7: TIME,
  8: 8,
  9: 4,
  10: TIME,
  11: TIME,
  12: TIME,
  13: 2,
};

/**
 * What clients of MySQL may send in front of the text of a query, as OpenTelemetry's instrumentation of them does:
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query.html
 *
 *   │ count │ 1 │ which are NULL │ 1 │ type, name; … │ value, … │ text
 */
export class QueryAttributes {
  /** The context of the trace that the query is part of. */
  traceparent: string | undefined;
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #to = 0;

  /** Where the text begins in what follows the byte of COM_QUERY; -1 if that cannot be told. */
  read(bytes: Uint8Array, from: number, to: number): number {
    this.traceparent = undefined;
    if (from >= to || bytes[from] >= FIRST_OF_TEXT) return from;
    const count = bytes[from];
    if (bytes[from + 1] !== SETS) return -1;
    if (count === 0) return from + 2;
    this.#bytes = bytes;
    this.#to = to;
    // The bits of up to eight are one byte.
    this.#at = from + 4;
    return bytes[from + 3] === NEW_TYPES && this.#readAll(count, bytes[from + 2]) ? this.#at : -1;
  }

  /** Whether all of them are there. */
  #readAll(count: number, nulls: number): boolean {
    const types: number[] = [];
    let traceAt = -1;
    for (let i = 0; i < count; i++) {
      types.push(this.#bytes[this.#at]);
      this.#at += TYPE_BYTES;
      const nameFrom = this.#passText();
      const isTrace = this.#at - nameFrom === TRACEPARENT.length;
      if (isTrace && standsAt(TRACEPARENT, this.#bytes, nameFrom)) traceAt = i;
    }
    for (let i = 0; i < count && this.#at < this.#to; i++) {
      if ((nulls & (1 << i)) !== 0) continue;
      const length = VALUE_BYTES[types[i]] ?? LENGTH_ENCODED;
      const from = length === LENGTH_ENCODED ? this.#passText() : this.#pass(length);
      if (i === traceAt && length === LENGTH_ENCODED) this.#takeTraceparent(from);
    }
    return this.#at < this.#to;
  }

  #takeTraceparent(from: number): void {
    const length = this.#at - from;
    if (length > TRACEPARENT_BYTES_MAX || this.#at > this.#to) return;
    const text = asciiText(this.#bytes, from, this.#at);
    if (isTraceparent(text)) this.traceparent = text;
  }

  /** Goes behind a value of a fixed length, or a time. Where it begins. */
  #pass(length: number): number {
    const from = this.#at;
    this.#at += length === TIME ? 1 + this.#bytes[from] : length;
    return from;
  }

  /** Goes behind what has its length in front of it; beyond the end where that is not there. Where it begins. */
  #passText(): number {
    const first = this.#bytes[this.#at];
    const size = first < 0xfb ? 1 : first === 0xfc ? 3 : 0;
    const from = this.#at + size;
    if (size === 0 || from > this.#to) this.#at = this.#to;
    else this.#at = from + (size === 1 ? first : this.#bytes[from - 2] | (this.#bytes[from - 1] << 8));
    return from;
  }
}
