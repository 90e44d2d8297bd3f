import { SPACE, skipBlank } from '../../framing/bytes.js';
import { BODY, HEADER_BLOCK, MALFORMED, UNFINISHED } from '../../framing/framer.js';
import { BLANK_STEPS, type Meter } from '../../framing/meter.js';
import {
  BODY_OF_LENGTH,
  BODY_TO_THE_END,
  type BodyKind,
  CHUNKED_BODY,
  NO_BODY,
  TUNNEL,
} from './body-kind.js';
import { ChunkedBodyScanner } from './chunked-body-scanner.js';
import { EventScanner } from './event-scanner.js';
import { ANY_BLOCKS, type BlockKinds, HeaderBlockScanner } from './header-block-scanner.js';
import { RESPONSE_OPENING } from './header-names.js';

/**
 * A header block is kept up to here, however little is kept of messages: without it the body cannot be
 * read. Clients and servers rarely send longer ones.
 */
export const BLOCK_BYTES_KEPT = 8192;

/** A body is looked at so far for the first byte that is no blank. A file may have nothing but zeros in it. */
const BLANKS_MAX = 1024;

/** What is held back of a chunk, because it may be the beginning of a response; with a byte more, as a framer wants it. */
const OPENING = Uint8Array.from(`${RESPONSE_OPENING}\0`, (character) => character.charCodeAt(0));

/**
 * Header blocks and bodies, in turn.
 *
 *   HEADER_BLOCK ──empty line──┬─► BODY ──its end──► HEADER_BLOCK
 *        ▲                     │
 *        └──── no body ────────┘
 *
 * A body that is a stream of events is a BODY for each of them, and for what is behind the last one. What frames the
 * chunks in front of an event counts as blanks.
 *
 * A response to a HEAD has no body, but the framer does not see the request, unless it is told (`expectNoBody`). Then the
 * next thing is a response: what begins like one where a body should begin is taken for one, and its `kind` is right from
 * then on. Who knows that the request was no HEAD says so (`expectBody`): a body may begin with anything.
 */
export class HeadersFramer {
  readonly #meter: Meter;
  readonly #block: HeaderBlockScanner;
  readonly #chunks: ChunkedBodyScanner;
  readonly #events: EventScanner;
  #kind: typeof HEADER_BLOCK | typeof BODY = HEADER_BLOCK;
  #body: BodyKind = NO_BODY;
  /** Bytes left of a BODY_OF_LENGTH. */
  #left = 0;
  /** How much of RESPONSE_OPENING the body began with, or -1 once it is none. */
  #opening = -1;
  #isBodyBegun = false;
  #isBlockInsteadOfBody = false;
  /** The first byte of the body's data that is no blank; 0 until it has been seen, and SPACE once it is not looked for any more. */
  #firstByte = 0;
  #blanks = 0;
  #isEventStream = false;
  #isDamaged = false;
  #isTunnel = false;
  #isOpened = false;
  #isHttp = false;
  #stoppedAt = 0;

  constructor(meter: Meter, kinds: BlockKinds = ANY_BLOCKS) {
    this.#meter = meter;
    this.#block = new HeaderBlockScanner(meter, kinds);
    this.#chunks = new ChunkedBodyScanner(meter);
    this.#events = new EventScanner(meter);
  }

  get kind(): typeof HEADER_BLOCK | typeof BODY {
    return this.#kind;
  }

  get isBetween(): boolean {
    if (this.#kind === BODY && this.#isEventStream) return !this.#events.isBegun && this.#opening <= 0;
    if (this.#kind === BODY) return !this.#isBodyBegun;
    return this.#block.isBefore && !this.#isDamaged;
  }

  /** Whether the beginning of a block has been seen, which nothing else begins with. */
  get isOpened(): boolean {
    return this.#isOpened || this.#block.isOpened;
  }

  /** Whether the last block that ended was of HTTP. */
  get isHttp(): boolean {
    return this.#isHttp;
  }

  /** Where the block showed to be none, or to leave open what follows. */
  get stoppedAt(): number {
    return this.#stoppedAt;
  }

  /** It did because what begins there is JSON, and no header. */
  get isBeforeText(): boolean {
    return this.#kind === HEADER_BLOCK && this.#block.isBeforeText;
  }

  /** Whether the stream carries another protocol from here on. */
  get isTunnel(): boolean {
    return this.#isTunnel;
  }

  /** The body at hand, or the last one, is a stream of events. */
  get isEventStream(): boolean {
    return this.#isEventStream;
  }

  /** A body is at hand, or about to begin, that ends when the connection does, or that has begun. */
  get isEnding(): boolean {
    return this.#kind === BODY && (this.#isBodyBegun || this.#body === BODY_TO_THE_END);
  }

  /** The body at hand, or about to begin, ends when the connection does. */
  get isToTheEnd(): boolean {
    return this.#kind === BODY && this.#body === BODY_TO_THE_END;
  }

  /** The body at hand is whole when the connection ends, and not before. Of events, the last has a blank line behind it. */
  get endsWithConnection(): boolean {
    return this.#kind === BODY && this.#body === BODY_TO_THE_END && !this.#isEventStream;
  }

  /** The body at hand, or about to begin, has a length, and is not whole. */
  get isOfLength(): boolean {
    return this.#kind === BODY && this.#body === BODY_OF_LENGTH;
  }

  /** What the body at hand, or the last one, begins with but for blanks; SPACE where these are too many, 0 where it has not been seen. */
  get firstByte(): number {
    return this.#firstByte;
  }

  /** What has just been looked at seemed to be a body, and is a block. */
  get isBlockInsteadOfBody(): boolean {
    return this.#isBlockInsteadOfBody;
  }

  /** The block that has just ended has no body, whatever it says. */
  expectNoBody(): void {
    this.#expectBlock();
  }

  /** The block that has just ended has the body that it says: what that begins with is no block. */
  expectBody(): void {
    this.#opening = -1;
  }

  reset(): void {
    this.#isTunnel = false;
    this.#isOpened = false;
    this.#expectBlock();
  }

  /** The index after the block or body, UNFINISHED or MALFORMED. */
  next(bytes: Uint8Array, from: number, to: number): number {
    this.#isBlockInsteadOfBody = false;
    if (this.#kind === HEADER_BLOCK) return this.#nextBlock(bytes, from, to);
    if (from < to) this.#isBodyBegun = true;
    if (this.#isDamaged) return UNFINISHED;
    const held = this.#opening;
    const behind = held < 0 ? -1 : this.#matchOpening(bytes, from, to);
    if (behind > 0) return this.#nextBlock(bytes, behind, to);
    if (this.#body === CHUNKED_BODY) {
      // What may be the beginning of a response is none of a chunk.
      if (this.#opening > 0) return UNFINISHED;
      if (held > 0 && this.#nextOfBody(OPENING, 0, held) === MALFORMED) return MALFORMED;
    }
    return this.#nextOfBody(bytes, from, to);
  }

  /**
   * As of a framer. False when it leaves open what comes next: the end of a block of which the captured part
   * does not say how long the body is, or bytes beyond the end of a body.
   */
  skip(count: number, endsUnit: boolean): boolean {
    // The mark behind a unit that was found to end there.
    if (count === 0 && this.isBetween) return true;
    if (this.#kind === HEADER_BLOCK) return this.#skipInBlock(endsUnit);
    this.#opening = -1;
    this.#isBodyBegun = true;
    if (this.#isEventStream) return this.#skipInEvents(count, endsUnit);
    if (endsUnit) {
      // Who sees the requests, too, knows better where it ends than who does not.
      const isEnd = this.#body !== BODY_OF_LENGTH || count === this.#left;
      this.#expectBlock();
      return isEnd;
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

  #skipInEvents(count: number, endsUnit: boolean): boolean {
    if (this.#body === CHUNKED_BODY) this.#chunks.skip(count);
    if (this.#body === BODY_OF_LENGTH) this.#left -= count;
    this.#isDamaged = this.#chunks.isLost;
    this.#events.skip();
    if (endsUnit) this.#endEvent();
    return this.#left >= 0 || this.#body !== BODY_OF_LENGTH;
  }

  /** Behind an event, or what was left of one. */
  #endEvent(): void {
    this.#events.reset();
    this.#chunks.endPart();
    // The body may have ended in what is missing.
    if (this.#chunks.isLost) this.#opening = 0;
    this.#isDamaged = false;
    if (this.#body === BODY_OF_LENGTH && this.#left === 0) this.#expectBlock();
  }

  #nextBlock(bytes: Uint8Array, from: number, to: number): number {
    if (this.#isDamaged) return UNFINISHED;
    const end = this.#block.next(bytes, from, to);
    if (end === UNFINISHED) return UNFINISHED;
    this.#stoppedAt = end === MALFORMED ? this.#block.stoppedAt : end - 1;
    if (end === MALFORMED) return MALFORMED;
    return this.#endBlock() ? end : MALFORMED;
  }

  /** False when nothing says how long the body is. */
  #endBlock(): boolean {
    this.#isOpened = true;
    this.#isHttp = this.#block.isHttp;
    this.#body = this.#block.body();
    this.#left = this.#block.length;
    this.#opening = this.#block.isResponse ? 0 : -1;
    this.#chunks.reset();
    this.#events.reset();
    this.#isEventStream = this.#block.isEventStream;
    this.#firstByte = this.#blanks = 0;
    this.#isDamaged = false;
    this.#isBodyBegun = false;
    this.#isTunnel = this.#body === TUNNEL;
    const hasBody =
      this.#body === BODY_OF_LENGTH || this.#body === CHUNKED_BODY || this.#body === BODY_TO_THE_END;
    if (hasBody) this.#kind = BODY;
    else this.#expectBlock();
    return hasBody || this.#isTunnel || this.#body === NO_BODY;
  }

  #nextOfBody(bytes: Uint8Array, from: number, to: number): number {
    return this.#isEventStream ? this.#nextEvent(bytes, from, to) : this.#nextBody(bytes, from, to);
  }

  #nextBody(bytes: Uint8Array, from: number, to: number): number {
    if (this.#body === BODY_TO_THE_END) return UNFINISHED;
    if (this.#body === CHUNKED_BODY) {
      const end = this.#nextChunks(bytes, from, to);
      if (end >= 0) this.#expectBlock();
      return end;
    }
    const end = Math.min(to, from + this.#left);
    this.#lookAtFirst(bytes, from, end);
    this.#left -= end - from;
    if (this.#left > 0) return UNFINISHED;
    this.#expectBlock();
    return end;
  }

  #nextChunks(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    if (this.#firstByte === 0 && this.#chunks.dataLeft === 0) {
      at = this.#chunks.passFraming(bytes, from, to);
      if (at < 0 || this.#chunks.isDone) return at;
    }
    this.#lookAtFirst(bytes, at, Math.min(to, at + this.#chunks.dataLeft));
    return this.#chunks.next(bytes, at, to);
  }

  #lookAtFirst(bytes: Uint8Array, from: number, to: number): void {
    if (this.#firstByte !== 0) return;
    const end = Math.min(to, from + BLANKS_MAX - this.#blanks);
    const first = skipBlank(bytes, from, end);
    this.#blanks += first - from;
    this.#meter.steps += BLANK_STEPS * (first - from);
    if (first < end) this.#firstByte = bytes[first];
    else if (this.#blanks === BLANKS_MAX) this.#firstByte = SPACE;
  }

  /** The index after the next event, or after the body where no event is left in it. */
  #nextEvent(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to) {
      const data = this.#dataAt(at, to);
      if (data === 0) {
        at = this.#chunks.passFraming(bytes, at, to);
        if (at >= 0 && this.#chunks.isDone) this.#expectBlock();
        if (at < 0 || this.#kind === HEADER_BLOCK) return at;
        continue;
      }
      const end = this.#events.next(bytes, at, at + data);
      const passed = end === UNFINISHED ? data : end - at;
      this.#passData(passed);
      at += passed;
      if (this.#body === BODY_OF_LENGTH && this.#left === 0) this.#expectBlock();
      else if (end !== UNFINISHED) this.#endEvent();
      else continue;
      return at;
    }
    return UNFINISHED;
  }

  /** So many bytes at `at` are data; 0 where the framing of a chunk stands. */
  #dataAt(at: number, to: number): number {
    if (this.#body === CHUNKED_BODY) return Math.min(to - at, this.#chunks.dataLeft);
    return this.#body === BODY_OF_LENGTH ? Math.min(to - at, this.#left) : to - at;
  }

  #passData(count: number): void {
    if (this.#body === CHUNKED_BODY) this.#chunks.passData(count);
    if (this.#body === BODY_OF_LENGTH) this.#left -= count;
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
        this.#isBlockInsteadOfBody = true;
        this.#isEventStream = false;
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
