import { hexValue, LINE_FEED } from '../framing/bytes.js';
import { decodeUtf8 } from '../jsonrpc/text.js';

/** What a header block says of the body behind it. */
export interface BodyHeaders {
  /** The body is compressed, or otherwise not as its media type says. */
  readonly isEncoded: boolean;
  readonly isChunked: boolean;
  /** The block is that of a response with a status of 400 or more. */
  readonly isFailure: boolean;
}

export const NO_HEADERS: BodyHeaders = { isEncoded: false, isChunked: false, isFailure: false };

/** `Content-Length: 1234` and an empty line, which is all that most messages of LSP have. */
const BARE_BYTES_MAX = 40;

const CONTENT_ENCODING = /^content-encoding[ \t]*:[ \t]*(?!identity[ \t]*\r?$)\S/im;
const TRANSFER_ENCODING = /^transfer-encoding[ \t]*:[ \t]*(.*)$/im;
const FAILURE = /^\s*HTTP\/1\.\d [45]/i;

/** Reads a header block, as far as it was captured. */
export function readHeaders(bytes: Uint8Array, from: number, to: number): BodyHeaders {
  if (to - from < BARE_BYTES_MAX && (bytes[from] | 0x20) === 0x63) return NO_HEADERS;
  const text = decodeUtf8(bytes, from, to);
  const coding = TRANSFER_ENCODING.exec(text)?.[1].trim().toLowerCase() ?? '';
  return {
    isEncoded: CONTENT_ENCODING.test(text) || coding.includes(','),
    isChunked: coding.endsWith('chunked'),
    isFailure: FAILURE.test(text),
  };
}

/**
 * Takes the framing out of a chunked body that begins at bytes[0], as far as it goes, by moving the data
 * together. How many bytes of data there are.
 */
export function joinChunks(bytes: Uint8Array, to: number): number {
  let joined = 0;
  let at = 0;
  while (at < to) {
    let size = 0;
    let digit = hexValue(bytes[at]);
    for (; digit >= 0 && at < to; digit = hexValue(bytes[++at])) size = Math.min(size * 16 + digit, to);
    while (at < to && bytes[at] !== LINE_FEED) at++;
    const start = at + 1;
    if (size === 0 || start >= to) break;
    const end = Math.min(to, start + size);
    bytes.copyWithin(joined, start, end);
    joined += end - start;
    at = end;
    while (at < to && bytes[at] !== LINE_FEED) at++;
    at++;
  }
  return joined;
}
