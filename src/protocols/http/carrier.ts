import { COLON, LINE_FEED, lowerCase, SPACE, TAB } from '../framing/bytes.js';
import { asciiText, decodeUtf8, standsAt } from '../text.js';
import { RESPONSE_OPENING } from './framing/header-names.js';

/** `Content-Length: 1234` and an empty line, which is all that most messages of LSP have. */
const BARE_BYTES_MAX = 40;
const METHOD_LENGTH_MAX = 32;
/** Bytes of what a server says of a status. */
const REASON_BYTES_MAX = 128;
const CHUNKED = 'chunked';
const IDENTITY = 'identity';
const LETTER_A = 0x61;
const LETTER_C = 0x63;
const LETTER_M = 0x6d;
const LETTER_T = 0x74;
const EVENT_STREAM = /\btext\/event-stream\b/;

/** The status is behind `HTTP/1.1 `. */
const STATUS_FROM = 9;
const STATUS_BYTES = 3;

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
  /** Of a response; 0 for any other block, or one of which the status was not captured. */
  status = 0;
  /** What the status line says beside the status, if that tells of a failure or of another place. */
  reason = '';
  /** Of a request; empty for any other block. */
  method = '';
  /** Without a message it may still be no stranger's: it asks for a stream of events, or belongs to a session of MCP. */
  mayBelong = false;

  /** Takes in a header block, as far as it was captured. */
  readBlock(bytes: Uint8Array, from: number, to: number, beginMs: number): void {
    this.beginMs = beginMs;
    this.isEncoded = this.isChunked = this.mayBelong = false;
    this.status = 0;
    this.method = this.reason = '';
    const isBare = to - from < BARE_BYTES_MAX && (bytes[from] | 0x20) === 0x63;
    if (isBare) return;
    if (opensResponse(bytes, from, to)) this.#readStatus(bytes, from + STATUS_FROM, to);
    else this.#readMethod(bytes, from, to);
    const behind = bytes[to];
    bytes[to] = LINE_FEED;
    for (let at = from; at < to; ) {
      const end = bytes.indexOf(LINE_FEED, at);
      this.#readHeader(bytes, at, end);
      at = end + 1;
    }
    bytes[to] = behind;
  }

  /** Takes in the line bytes[from, to) if it is a header that matters; bytes[to] is a line feed. */
  #readHeader(bytes: Uint8Array, from: number, to: number): void {
    switch (lowerCase(bytes[from])) {
      case LETTER_C: {
        const coding = headerValue('content-encoding', bytes, from, to);
        this.isEncoded ||= coding !== '' && coding !== IDENTITY;
        break;
      }
      case LETTER_T: {
        const codings = headerValue('transfer-encoding', bytes, from, to);
        if (codings !== '') this.#readTransfer(codings.split(','));
        break;
      }
      case LETTER_A:
        this.mayBelong ||= this.method === 'GET' && EVENT_STREAM.test(headerValue('accept', bytes, from, to));
        break;
      case LETTER_M:
        // It ends the session.
        this.mayBelong ||= this.method === 'DELETE' && headerValue('mcp-session-id', bytes, from, to) !== '';
    }
  }

  #readTransfer(codings: string[]): void {
    this.isChunked = codings.at(-1)?.trim() === CHUNKED;
    this.isEncoded ||= codings.some(isOther);
  }

  #readStatus(bytes: Uint8Array, from: number, to: number): void {
    const behind = from + STATUS_BYTES;
    if (behind > to) return;
    for (let i = from; i < behind; i++) this.status = this.status * 10 + bytes[i] - 0x30;
    if (this.status >= 300) this.reason = readReason(bytes, behind, to);
  }

  #readMethod(bytes: Uint8Array, from: number, to: number): void {
    const most = Math.min(to, from + METHOD_LENGTH_MAX + 1);
    let end = from;
    while (end < most && bytes[end] !== SPACE) end++;
    // In a header, which is what a block of LSP begins with, a colon stands before any space.
    if (end < most && bytes[end - 1] !== COLON) this.method = asciiText(bytes, from, end);
  }
}

/** What a line says, in small letters, if it is the header of that name; else an empty text. bytes[to] is a line feed. */
function headerValue(name: string, bytes: Uint8Array, from: number, to: number): string {
  for (let i = 0; i < name.length; i++) if (lowerCase(bytes[from + i]) !== name.charCodeAt(i)) return '';
  let colon = from + name.length;
  while (bytes[colon] === SPACE || bytes[colon] === TAB) colon++;
  if (bytes[colon] !== COLON) return '';
  const value = decodeUtf8(bytes, colon + 1, to);
  return value.trim().toLowerCase();
}

function readReason(bytes: Uint8Array, from: number, to: number): string {
  const most = Math.min(to, from + REASON_BYTES_MAX);
  let end = from;
  while (end < most && bytes[end] !== LINE_FEED) end++;
  return decodeUtf8(bytes, from, end).trim();
}

function isOther(coding: string): boolean {
  const name = coding.trim();
  return name !== '' && name !== IDENTITY && name !== CHUNKED;
}

/** Whether the status is to be found. */
function opensResponse(bytes: Uint8Array, from: number, to: number): boolean {
  return to - from >= RESPONSE_OPENING.length && standsAt(RESPONSE_OPENING, bytes, from);
}
