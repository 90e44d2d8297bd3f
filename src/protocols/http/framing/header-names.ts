import { lowerCase } from '../../framing/bytes.js';

/** What a response begins with, in the capitals that everybody sends. */
export const RESPONSE_OPENING = 'HTTP/1.';

/** What a header block may begin with, or what matters in it; each has a bit of its own. */
export const CONTENT_LENGTH = 1;
export const CONTENT_TYPE = 2;
export const TRANSFER_ENCODING = 4;
export const STATUS_LINE = 8;
export const CONNECT = 16;

/** Where the matching starts at the beginning of a block, and of any other line. */
export const OPENINGS = CONTENT_LENGTH | CONTENT_TYPE | STATUS_LINE | CONNECT;
export const NAMES = CONTENT_LENGTH | TRANSFER_ENCODING;
export const NAMES_IN_RESPONSE = NAMES | CONTENT_TYPE;

const TEXTS = ['content-length:', 'content-type:', 'transfer-encoding:', 'http/1.', 'connect '];

/** Which of the texts in `candidates` still match when `byte`, in any case, is their character at `index`. */
export function stillMatching(candidates: number, index: number, byte: number): number {
  const lower = lowerCase(byte);
  let matching = 0;
  for (let i = 0, left = candidates; left !== 0; i++, left >>= 1) {
    // Beyond a text's end there is NaN, which equals nothing.
    if (left & 1 && TEXTS[i].charCodeAt(index) === lower) matching |= 1 << i;
  }
  return matching;
}

/** Whether the only text in `candidate` has been seen whole when `index` was its last character. */
export function isWhole(candidate: number, index: number): boolean {
  // More than one candidate is no power of two; no text is the beginning of another.
  if (candidate === 0 || candidate & (candidate - 1)) return false;
  return TEXTS[31 - Math.clz32(candidate)].length === index + 1;
}
