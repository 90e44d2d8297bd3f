import { hexValue, LINE_FEED } from '../framing/bytes.js';
import { decodeUtf8 } from '../text.js';
import { RESPONSE_OPENING } from './framing/header-names.js';

/** `Content-Length: 1234` and an empty line, which is all that most messages of LSP have. */
const BARE_BYTES_MAX = 40;

const CONTENT_ENCODING = /^content-encoding[ \t]*:[ \t]*(?!identity[ \t]*\r?$)\S/im;
const TRANSFER_ENCODING = /^transfer-encoding[ \t]*:[ \t]*(.*)$/im;
const FAILURE = /^\s*HTTP\/1\.\d [45]/i;

/**
 * What HTTP/1.1, or the base protocol of LSP, puts around the messages that it carries in one direction: takes in header
 * blocks, and says what the body behind the last one is.
 */
export class Carrier {
  /** When the block began, monotonic ms: the message in the body did, too. */
  beginMs = 0;
  /** The body is compressed, or otherwise not as its media type says. */
  isEncoded = false;
  isChunked = false;
  /** The block is that of a response with a status of 400 or more. */
  isFailure = false;

  /** Takes in a header block, as far as it was captured. */
  readBlock(bytes: Uint8Array, from: number, to: number, beginMs: number): void {
    this.beginMs = beginMs;
    const isBare = to - from < BARE_BYTES_MAX && (bytes[from] | 0x20) === 0x63;
    if (isBare) {
      this.isEncoded = this.isChunked = this.isFailure = false;
      return;
    }
    const text = decodeUtf8(bytes, from, to);
    const coding = TRANSFER_ENCODING.exec(text)?.[1].trim().toLowerCase() ?? '';
    this.isEncoded = CONTENT_ENCODING.test(text) || coding.includes(',');
    this.isChunked = coding.endsWith('chunked');
    this.isFailure = FAILURE.test(text);
  }

  /**
   * Takes the framing out of a body that begins at bytes[0], as far as it goes, by moving the data together. How many
   * bytes of data there are.
   */
  unwrap(bytes: Uint8Array, to: number): number {
    return this.isChunked ? joinChunks(bytes, to) : to;
  }
}

/** Whether what stands where a body should begin is a response: the one before it was to a HEAD, and had none. */
export function opensResponse(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from < RESPONSE_OPENING.length) return false;
  for (let i = 0; i < RESPONSE_OPENING.length; i++) {
    if (bytes[from + i] !== RESPONSE_OPENING.charCodeAt(i)) return false;
  }
  return true;
}

function joinChunks(bytes: Uint8Array, to: number): number {
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
