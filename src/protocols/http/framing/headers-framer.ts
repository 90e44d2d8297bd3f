import { BODY, HEADER_BLOCK, MALFORMED, UNFINISHED } from '../../framing/framer.js';
import type { Meter } from '../../framing/meter.js';
import { ChunkedBodyScanner } from './chunked-body-scanner.js';
import {
  BODY_OF_LENGTH,
  BODY_TO_THE_END,
  type BodyKind,
  CHUNKED_BODY,
  HeaderBlockScanner,
  NO_BODY,
  TUNNEL,
} from './header-block-scanner.js';
import { RESPONSE_OPENING } from './header-names.js';

/**
 * A header block is kept up to here, however little is kept of messages: without it the body cannot be
 * read. Clients and servers rarely send longer ones.
 */
export const BLOCK_BYTES_KEPT = 8192;

/**
 * Header blocks and bodies, in turn.
 *
 *   HEADER_BLOCK ──empty line──┬─► BODY ──its end──► HEADER_BLOCK
 *        ▲                     │
 *        └──── no body ────────┘
 *
 * A response to a HEAD has no body, but the framer does not see the request. Then the next thing is a response: what
 * begins like one where a body should begin is taken for one, and its `kind` is right from then on.
 */
export class HeadersFramer {
  readonly #block: HeaderBlockScanner;
  readonly #chunks: ChunkedBodyScanner;
  #kind: typeof HEADER_BLOCK | typeof BODY = HEADER_BLOCK;
  #body: BodyKind = NO_BODY;
  /** Bytes left of a BODY_OF_LENGTH. */
  #left = 0;
  /** How much of RESPONSE_OPENING the body began with, or -1 once it is none. */
  #opening = -1;
  #isBodyBegun = false;
  #isDamaged = false;
  #isTunnel = false;
  #isOpened = false;

  constructor(meter: Meter) {
    this.#block = new HeaderBlockScanner(meter);
    this.#chunks = new ChunkedBodyScanner(meter);
  }

  get kind(): typeof HEADER_BLOCK | typeof BODY {
    return this.#kind;
  }

  get isBetween(): boolean {
    if (this.#kind === BODY) return !this.#isBodyBegun;
    return this.#block.isBefore && !this.#isDamaged;
  }

  /** Whether the beginning of a block has been seen, which nothing else begins with. */
  get isOpened(): boolean {
    return this.#isOpened || this.#block.isOpened;
  }

  /** Whether the stream carries another protocol from here on. */
  get isTunnel(): boolean {
    return this.#isTunnel;
  }

  reset(): void {
    this.#isTunnel = false;
    this.#isOpened = false;
    this.#expectBlock();
  }

  /** The index after the block or body, UNFINISHED or MALFORMED. */
  next(bytes: Uint8Array, from: number, to: number): number {
    if (this.#kind === HEADER_BLOCK) return this.#nextBlock(bytes, from, to);
    if (from < to) this.#isBodyBegun = true;
    if (this.#isDamaged) return UNFINISHED;
    const behind = this.#opening < 0 ? -1 : this.#matchOpening(bytes, from, to);
    if (behind > 0) return this.#nextBlock(bytes, behind, to);
    return this.#nextBody(bytes, from, to);
  }

  /**
   * As of a framer. False when it leaves open what comes next: the end of a block of which the captured part
   * does not say how long the body is, or bytes beyond the end of a body.
   */
  skip(count: number, endsUnit: boolean): boolean {
    if (this.#kind === HEADER_BLOCK) return this.#skipInBlock(endsUnit);
    this.#opening = -1;
    this.#isBodyBegun = true;
    if (endsUnit) {
      this.#expectBlock();
      return true;
    }
    if (this.#body === CHUNKED_BODY) this.#isDamaged = true;
    if (this.#body !== BODY_OF_LENGTH) return true;
    this.#left -= count;
    if (this.#left === 0) this.#expectBlock();
    return this.#left >= 0;
  }

  #skipInBlock(endsUnit: boolean): boolean {
    if (!endsUnit) {
      this.#isDamaged = true;
      return true;
    }
    const body = this.#block.body();
    // That there is none may have been the one thing that was not seen.
    const isKnown = body === BODY_OF_LENGTH || body === CHUNKED_BODY || body === TUNNEL;
    return isKnown && this.#endBlock();
  }

  #nextBlock(bytes: Uint8Array, from: number, to: number): number {
    if (this.#isDamaged) return UNFINISHED;
    const end = this.#block.next(bytes, from, to);
    if (end < 0) return end;
    return this.#endBlock() ? end : MALFORMED;
  }

  /** False when nothing says how long the body is. */
  #endBlock(): boolean {
    this.#isOpened = true;
    this.#body = this.#block.body();
    this.#left = this.#block.length;
    this.#opening = this.#block.isResponse ? 0 : -1;
    this.#chunks.reset();
    this.#isDamaged = false;
    this.#isBodyBegun = false;
    this.#isTunnel = this.#body === TUNNEL;
    const hasBody =
      this.#body === BODY_OF_LENGTH || this.#body === CHUNKED_BODY || this.#body === BODY_TO_THE_END;
    if (hasBody) this.#kind = BODY;
    else this.#expectBlock();
    return hasBody || this.#isTunnel || this.#body === NO_BODY;
  }

  #nextBody(bytes: Uint8Array, from: number, to: number): number {
    if (this.#body === BODY_TO_THE_END) return UNFINISHED;
    if (this.#body === CHUNKED_BODY) {
      // What may be the beginning of a response is none of a chunk.
      if (this.#opening > 0) return UNFINISHED;
      const end = this.#chunks.next(bytes, from, to);
      if (end >= 0) this.#expectBlock();
      return end;
    }
    if (this.#left > to - from) {
      this.#left -= to - from;
      return UNFINISHED;
    }
    const end = from + this.#left;
    this.#expectBlock();
    return end;
  }

  /** The index behind the opening of a response, or -1. */
  #matchOpening(bytes: Uint8Array, from: number, to: number): number {
    const end = this.#body === BODY_OF_LENGTH ? Math.min(to, from + this.#left) : to;
    for (let i = from; i < end; i++) {
      if (bytes[i] !== RESPONSE_OPENING.charCodeAt(this.#opening)) {
        this.#opening = -1;
        return -1;
      }
      if (++this.#opening === RESPONSE_OPENING.length) {
        this.#kind = HEADER_BLOCK;
        this.#block.resetToStatusLine();
        return i + 1;
      }
    }
    return -1;
  }

  #expectBlock(): void {
    this.#kind = HEADER_BLOCK;
    this.#block.reset();
    this.#isDamaged = false;
    this.#isBodyBegun = false;
  }
}
