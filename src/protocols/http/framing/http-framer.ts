import { CARRIAGE_RETURN, LINE_FEED } from '../../framing/bytes.js';
import {
  FRAMED,
  type Framer,
  HEADER_BLOCK,
  MALFORMED,
  MESSAGE,
  NO_TERMINATOR,
  UNDECIDED,
  UNFINISHED,
  UNFRAMED,
  type UnitKind,
} from '../../framing/framer.js';
import { NO_GLANCE } from '../../framing/glance.js';
import type { Meter } from '../../framing/meter.js';
import type { BlockKinds } from './header-block-scanner.js';
import { BLOCK_BYTES_KEPT, HeadersFramer } from './headers-framer.js';

/** After a loss, a stream that goes wrong is not called UNFRAMED until so many units have ended properly. */
const UNITS_IN_DOUBT = 2;

/**
 * Frames one direction of HTTP/1.1: requests, or responses.
 *
 *   UNDECIDED ──a piece begins as a block does──► FRAMED ──upgrade, tunnel, or what is no block──► UNFRAMED
 *       ▲                                           │
 *       └──────── lose, or a block is broken in doubt
 *
 * After `lose` a block can only begin where a piece begins; a piece that begins otherwise is a unit without meaning.
 */
export class HttpFramer implements Framer {
  readonly headers: HeadersFramer;
  readonly terminator = NO_TERMINATOR;
  readonly glance = NO_GLANCE;
  #framing = UNDECIDED;
  #isKnown = false;
  #unitsInDoubt = 0;

  /** `meter`: counts what it takes. */
  constructor(kinds: BlockKinds, meter: Meter) {
    this.headers = new HeadersFramer(meter, kinds);
  }

  get framing(): number {
    return this.#framing;
  }

  get isRecognised(): boolean {
    return this.#isKnown || (this.#framing === FRAMED && this.headers.isOpened);
  }

  get isTunnel(): boolean {
    return this.headers.isTunnel;
  }

  get kind(): UnitKind {
    return this.#framing === FRAMED ? this.headers.kind : MESSAGE;
  }

  get openingKind(): UnitKind {
    return this.#framing === FRAMED ? HEADER_BLOCK : MESSAGE;
  }

  get isBetween(): boolean {
    return this.#framing !== FRAMED || this.headers.isBetween;
  }

  /** Whether units of a stream that lost bytes may not be what they seem. */
  get isInDoubt(): boolean {
    return this.#unitsInDoubt > 0;
  }

  minBytes(kind: UnitKind): number {
    return kind === HEADER_BLOCK || this.headers.isBlockInsteadOfBody ? BLOCK_BYTES_KEPT : 0;
  }

  maxBytes(): number {
    return Number.POSITIVE_INFINITY;
  }

  next(bytes: Uint8Array, from: number, to: number): number {
    if (this.#framing === UNFRAMED) return to;
    if (this.#framing === FRAMED) return this.#nextPart(bytes, from, to);
    let start = from;
    while (start < to && (bytes[start] === LINE_FEED || bytes[start] === CARRIAGE_RETURN)) start++;
    if (start === to) return UNFINISHED;
    this.#framing = FRAMED;
    this.headers.reset();
    return this.#nextPart(bytes, start, to);
  }

  skip(count: number, endsUnit: boolean): void {
    if ((count === 0 && !endsUnit) || this.#framing === UNFRAMED) return;
    if (this.#framing === UNDECIDED || !this.headers.skip(count, endsUnit)) this.lose();
    else if (this.headers.isTunnel) this.#framing = UNFRAMED;
  }

  lose(): void {
    if (this.#framing === UNFRAMED) return;
    this.#framing = UNDECIDED;
    this.#unitsInDoubt = UNITS_IN_DOUBT;
    this.headers.reset();
  }

  #nextPart(bytes: Uint8Array, from: number, to: number): number {
    const end = this.headers.next(bytes, from, to);
    if (end === MALFORMED) return this.#fail(to);
    if (end === UNFINISHED) return end;
    if (this.#unitsInDoubt > 0) this.#unitsInDoubt--;
    this.#isKnown = true;
    if (this.headers.isTunnel) this.#framing = UNFRAMED;
    return end;
  }

  /** A stream that has just lost bytes may have seemed to be something: it goes on looking. */
  #fail(to: number): number {
    if (this.isInDoubt) this.lose();
    else this.#framing = UNFRAMED;
    return to;
  }
}
