import type { Attributes } from '../conventions.js';
import { COLON, LINE_FEED, lowerCase, SPACE, TAB } from '../framing/bytes.js';
import { asciiText, decodeUtf8, standsAt } from '../text.js';
import { isTraceparent, isTracestate } from '../trace-context.js';
import type { RequestHead } from './exchange.js';
import { RESPONSE_OPENING } from './framing/header-names.js';
import { knownMethod, type RequestNames } from './request-names.js';

/** `Content-Length: 1234` and an empty line, which is all that most messages of LSP have. */
const BARE_BYTES_MAX = 40;
const METHOD_LENGTH_MAX = 32;
/** Bytes of what a server says of a status. */
const REASON_BYTES_MAX = 128;
const CHUNKED = 'chunked';
const IDENTITY = 'identity';
/** As an upgrade has it. */
const HTTP2 = 'h2c';
const LETTER_A = 0x61;
const LETTER_C = 0x63;
const LETTER_M = 0x6d;
const LETTER_T = 0x74;
const LETTER_U = 0x75;
const ZERO = 0x30;
const TRACE_BYTES_MAX = 1024;
/** Of a line of a header that matters to a protocol that is carried. */
const WANTED_BYTES_MAX = 512;
const TARGET_BYTES_MAX = 2048;
const EVENT_STREAM = /\btext\/event-stream\b/;

/** The status is behind `HTTP/1.1 `. */
const STATUS_FROM = 9;
const STATUS_BYTES = 3;

/** https://opentelemetry.io/docs/specs/semconv/http/http-spans/: by the last digit of the version. */
const VERSIONS: readonly Attributes[] = ['1.0', '1.1'].map((version) => ({
  'network.protocol.version': version,
}));

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
  /** A request asks for another protocol behind its response. */
  mayUpgrade = false;
  /** A response says that HTTP/2 is spoken from here on (https://www.rfc-editor.org/rfc/rfc7540#section-3.2). */
  isToHttp2 = false;
  readonly #names: RequestNames | undefined;
  readonly #keepsTarget: boolean;
  readonly #wanted: readonly string[];
  /** What they say; undefined where there is none. */
  #headers: string[] | undefined;
  #name = '';
  #target: string | undefined;
  #attributes: Attributes | undefined;
  #traceparent: string | undefined;
  #tracestate: string | undefined;

  /**
   * `names`: of requests, if these are calls; `keepsTarget`: and what they ask for, word by word. `wanted`: names of headers that
   * matter, in small letters.
   */
  constructor(names?: RequestNames, keepsTarget = false, wanted: readonly string[] = []) {
    this.#names = names;
    this.#keepsTarget = keepsTarget;
    this.#wanted = wanted;
  }

  /** What the block says of the call that it begins; undefined where requests are none, or its line was not seen. */
  takeHead(): RequestHead | undefined {
    if (this.#name === '') return undefined;
    const { beginMs } = this;
    const tracestate = this.#traceparent === undefined ? undefined : this.#tracestate;
    return {
      name: this.#name,
      beginMs,
      traceparent: this.#traceparent,
      tracestate,
      attributes: this.#attributes,
      target: this.#target,
    };
  }

  /** What the headers of the block say that matter, in their order, if there is any. */
  takeHeaders(): readonly string[] | undefined {
    const headers = this.#headers;
    this.#headers = undefined;
    return headers;
  }

  /** Takes in a header block, as far as it was captured. */
  readBlock(bytes: Uint8Array, from: number, to: number, beginMs: number): void {
    this.beginMs = beginMs;
    this.isEncoded = this.isChunked = this.mayBelong = this.mayUpgrade = this.isToHttp2 = false;
    this.#name = '';
    this.#headers = undefined;
    this.#target = this.#attributes = this.#traceparent = this.#tracestate = undefined;
    this.status = 0;
    this.method = this.reason = '';
    if (to - from < BARE_BYTES_MAX && opensHeader(bytes, from)) return;
    if (opensResponse(bytes, from, to)) this.#readStatus(bytes, from + STATUS_FROM, to);
    else this.#readMethod(bytes, from, to);
    const behind = bytes[to];
    bytes[to] = LINE_FEED;
    if (this.#names !== undefined && this.method !== '') this.#readLine(this.#names, bytes, from);
    for (let at = from; at < to; ) {
      const end = bytes.indexOf(LINE_FEED, at);
      this.#readHeader(bytes, at, end);
      at = end + 1;
    }
    bytes[to] = behind;
  }

  /** Takes in the line bytes[from, to) if it is a header that matters; bytes[to] is a line feed. */
  #readHeader(bytes: Uint8Array, from: number, to: number): void {
    const wanted = this.#wanted;
    for (let i = 0; i < wanted.length; i++) {
      if (wanted[i].charCodeAt(0) === lowerCase(bytes[from])) this.#readWanted(i, bytes, from, to);
    }
    switch (lowerCase(bytes[from])) {
      case LETTER_C: {
        const coding = headerValue('content-encoding', bytes, from, to);
        this.isEncoded ||= coding !== '' && coding !== IDENTITY;
        break;
      }
      case LETTER_T: {
        const codings = headerValue('transfer-encoding', bytes, from, to);
        if (codings !== '') this.#readTransfer(codings.split(','));
        else if (this.#name !== '') this.#readTrace(bytes, from, to);
        break;
      }
      case LETTER_U: {
        const protocol = headerValue('upgrade', bytes, from, to);
        this.mayUpgrade ||= protocol !== '';
        this.isToHttp2 ||= protocol === HTTP2;
        break;
      }
      case LETTER_A:
        this.mayBelong ||= this.method === 'GET' && EVENT_STREAM.test(headerValue('accept', bytes, from, to));
        break;
      case LETTER_M:
        // A session of MCP, which a DELETE ends.
        this.mayBelong ||= this.method === 'DELETE' && headerValue('mcp-session-id', bytes, from, to) !== '';
    }
  }

  #readWanted(index: number, bytes: Uint8Array, from: number, to: number): void {
    const text = headerText(this.#wanted[index], bytes, from, Math.min(to, from + WANTED_BYTES_MAX));
    if (text === '') return;
    this.#headers ??= this.#wanted.map(() => '');
    this.#headers[index] = text;
  }

  /** Reads the line of a request; there is a line feed behind it. */
  #readLine(names: RequestNames, bytes: Uint8Array, from: number): void {
    const end = bytes.indexOf(LINE_FEED, from);
    this.#name = names.of(bytes, from, end);
    this.mayUpgrade = this.method === 'CONNECT';
    const { method } = this;
    const last = bytes[end - 1] > SPACE ? end - 1 : end - 2;
    this.#attributes = VERSIONS[bytes[last] - ZERO];
    if (knownMethod(method) !== method)
      this.#attributes = { ...this.#attributes, 'http.request.method_original': method };
    if (!this.#keepsTarget) return;
    const target = from + method.length + 1;
    const text = decodeUtf8(bytes, target, Math.min(end, target + TARGET_BYTES_MAX));
    const space = text.indexOf(' ');
    this.#target = space < 0 ? text : text.slice(0, space);
  }

  #readTrace(bytes: Uint8Array, from: number, to: number): void {
    if (to - from > TRACE_BYTES_MAX) return;
    const parent = headerText('traceparent', bytes, from, to);
    const state = parent === '' ? headerText('tracestate', bytes, from, to) : '';
    if (isTraceparent(parent)) this.#traceparent = parent;
    if (isTracestate(state)) this.#tracestate = state;
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
  return headerText(name, bytes, from, to).toLowerCase();
}

/** The same as it was written. */
function headerText(name: string, bytes: Uint8Array, from: number, to: number): string {
  for (let i = 0; i < name.length; i++) if (lowerCase(bytes[from + i]) !== name.charCodeAt(i)) return '';
  let colon = from + name.length;
  while (bytes[colon] === SPACE || bytes[colon] === TAB) colon++;
  if (bytes[colon] !== COLON) return '';
  return decodeUtf8(bytes, colon + 1, to).trim();
}

/** Whether a block begins as `Content-` does, and with no method that has its first letter: CONNECT, COPY, CHECKOUT. */
function opensHeader(bytes: Uint8Array, from: number): boolean {
  return lowerCase(bytes[from]) === LETTER_C && lowerCase(bytes[from + 3]) === LETTER_T;
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
