import { isDigit } from '../framing/bytes.js';
import { readText } from '../json/text.js';
import { ABSENT, NULL, NUMBER, STRING, type Token } from '../json/token.js';
import { type CallId, TEXT_ID_MARK } from '../protocol.js';
import { asciiText } from '../text.js';

/** Longer ids are not remembered: they count as unknown. */
const ID_BYTES_MAX = 256;

/** A number of so many digits is below 2^53. */
const EXACT_DIGITS_MAX = 15;
/** Larger integers are as they are rounded. */
const INTEGER_DIGITS_MAX = 64;
const NUMBER_SYNTAX = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

const MINUS = 0x2d;

const NULL_ID = 'null';

/** What an id turned out to be. */
export interface ReadId {
  /** undefined when there is none, or none that is of use. */
  readonly id: CallId | undefined;
  /** As for people, who know it as it was sent; undefined for null as well. */
  readonly text: string | undefined;
  /** There is one, but not within what was captured, or it is too long to be kept. */
  readonly isUnknown: boolean;
  /** It is none that JSON-RPC allows. */
  readonly isInvalid: boolean;
}

const NO_ID: ReadId = { id: undefined, text: undefined, isUnknown: false, isInvalid: false };
const UNKNOWN_ID: ReadId = { ...NO_ID, isUnknown: true };
const INVALID_ID: ReadId = { ...NO_ID, isInvalid: true };
const NULL_READ: ReadId = { ...NO_ID, id: NULL_ID };

/**
 * The id at a token. Numbers that are equal have one id, however they are written: `1`, `1.0` and `1e0` do, and those that
 * only doubles cannot tell apart do not. `isConclusive`: an id that is absent is none.
 */
export function readId(token: Token, isConclusive: boolean): ReadId {
  const { type, bytes, from, to } = token;
  if (type === ABSENT) return isConclusive ? NO_ID : UNKNOWN_ID;
  if (!token.isWhole) return UNKNOWN_ID;
  if (type === STRING) {
    if (to - from > ID_BYTES_MAX) return UNKNOWN_ID;
    const text = readText(bytes, from, to);
    return text === undefined ? INVALID_ID : readAs(TEXT_ID_MARK + text, text);
  }
  if (type === NUMBER) {
    if (to - from > ID_BYTES_MAX) return UNKNOWN_ID;
    const plain = readInteger(bytes, from, to);
    if (plain !== undefined) return readAs(plain, plain);
    const text = asciiText(bytes, from, to);
    const id = normalNumber(text);
    return id === undefined ? INVALID_ID : readAs(id, text);
  }
  return type === NULL && asciiText(bytes, from, Math.min(to, from + 5)) === 'null' ? NULL_READ : INVALID_ID;
}

function readAs(id: CallId, text: string): ReadId {
  return { id, text, isUnknown: false, isInvalid: false };
}

/** A JSON number in the form that JavaScript gives it, but with all digits of an integer; undefined when it is none. */
export function readNumber(bytes: Uint8Array, from: number, to: number): string | undefined {
  return readInteger(bytes, from, to) ?? normalNumber(asciiText(bytes, from, to));
}

/** What almost all ids are, and codes of errors: a few digits, with or without a sign. undefined when it is anything else. */
function readInteger(bytes: Uint8Array, from: number, to: number): string | undefined {
  const first = bytes[from] === MINUS ? from + 1 : from;
  if (to - first > EXACT_DIGITS_MAX) return undefined;
  let value = 0;
  let i = first;
  while (i < to && isDigit(bytes[i])) value = value * 10 + bytes[i++] - 0x30;
  const hasLeadingZero = bytes[first] === 0x30 && to - from > 1;
  if (i < to || i === first || hasLeadingZero) return undefined;
  return String(first === from ? value : -value);
}

function normalNumber(text: string): string | undefined {
  const parts = NUMBER_SYNTAX.exec(text);
  if (parts === null) return undefined;
  const [, sign, whole, fraction = '', exponent = '0'] = parts;
  const significant = withoutLastZeros(whole + fraction);
  const digits = significant.replace(/^0+/, '');
  const zeros = Number(exponent) + whole.length - significant.length;
  const length = digits.length + zeros;
  const isLongInteger = zeros >= 0 && length > EXACT_DIGITS_MAX && length <= INTEGER_DIGITS_MAX;
  return isLongInteger && digits !== '' ? sign + digits + '0'.repeat(zeros) : String(Number(text));
}

/** A regular expression would try each zero of each row of them, and go to its end. */
function withoutLastZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}
