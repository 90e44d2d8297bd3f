import { LINE_FEED } from '../framing/bytes.js';
import { decodeUtf8, standsAt } from '../text.js';
import { RESPONSE_OPENING } from './framing/header-names.js';

/** `Content-Length: 1234` and an empty line, which is all that most messages of LSP have. */
const BARE_BYTES_MAX = 40;
const METHOD_LENGTH_MAX = 32;
/** Bytes of what a server says of a status. */
const REASON_BYTES_MAX = 128;
const CHUNKED = 'chunked';
const NO_CODINGS: readonly string[] = [];

const CONTENT_ENCODING = /^content-encoding[ \t]*:[ \t]*(?!identity[ \t]*\r?$)\S/im;
const TRANSFER_ENCODING = /^transfer-encoding[ \t]*:[ \t]*(.*)$/im;
/** The status is behind `HTTP/1.1 `. */
const STATUS_FROM = 9;
const STATUS_BYTES = 3;
const ACCEPTS_EVENTS = /^accept[ \t]*:.*\btext\/event-stream\b/im;
/** A session of MCP, which a DELETE ends. */
const SESSION = /^mcp-session-id[ \t]*:/im;

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
    const text = decodeUtf8(bytes, from, to);
    const codings = TRANSFER_ENCODING.exec(text)?.[1].toLowerCase().split(',') ?? NO_CODINGS;
    this.isChunked = codings.at(-1)?.trim() === CHUNKED;
    this.isEncoded = CONTENT_ENCODING.test(text) || codings.some(isOther);
    if (opensResponse(bytes, from, to)) this.#readStatus(bytes, from + STATUS_FROM, to);
    else this.#readMethod(text);
  }

  #readStatus(bytes: Uint8Array, from: number, to: number): void {
    const behind = from + STATUS_BYTES;
    if (behind > to) return;
    for (let i = from; i < behind; i++) this.status = this.status * 10 + bytes[i] - 0x30;
    if (this.status >= 300) this.reason = readReason(bytes, behind, to);
  }

  #readMethod(text: string): void {
    const space = text.slice(0, METHOD_LENGTH_MAX + 1).indexOf(' ');
    // In a header, which is what a block of LSP begins with, a colon stands before any space.
    if (space < 0 || text[space - 1] === ':') return;
    this.method = text.slice(0, space);
    if (this.method === 'GET') this.mayBelong = ACCEPTS_EVENTS.test(text);
    else if (this.method === 'DELETE') this.mayBelong = SESSION.test(text);
  }
}

function readReason(bytes: Uint8Array, from: number, to: number): string {
  const most = Math.min(to, from + REASON_BYTES_MAX);
  let end = from;
  while (end < most && bytes[end] !== LINE_FEED) end++;
  return decodeUtf8(bytes, from, end).trim();
}

function isOther(coding: string): boolean {
  const name = coding.trim();
  return name !== '' && name !== 'identity' && name !== CHUNKED;
}

/** Whether the status is to be found. */
function opensResponse(bytes: Uint8Array, from: number, to: number): boolean {
  return to - from >= RESPONSE_OPENING.length && standsAt(RESPONSE_OPENING, bytes, from);
}
