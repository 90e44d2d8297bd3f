import {
  FRAMED,
  type Framer,
  MALFORMED,
  MESSAGE,
  NO_TERMINATOR,
  UNDECIDED,
  UNFINISHED,
  UNFRAMED,
} from './framer.js';
import { type Glance, NO_GLANCE } from './glance.js';

/** After a loss, a stream that goes wrong is looked at anew until so many messages have ended properly. */
const MESSAGES_IN_DOUBT = 2;

/**
 * What framers of protocols have in common whose units are messages without anything between them:
 *
 *   UNDECIDED ──recognise──► FRAMED ──lose──► UNDECIDED, in doubt ──recognise──► FRAMED, in doubt ──two messages──► FRAMED
 *       └──malformed──► UNFRAMED ◄──malformed──┘                 └◄──malformed, until the next piece──┘
 *
 * After a loss a message can only begin where a piece does, unless the protocol knows better.
 */
export abstract class UnitFramer implements Framer {
  readonly kind = MESSAGE;
  readonly openingKind = MESSAGE;
  readonly terminator: number = NO_TERMINATOR;
  #framing = UNDECIDED;
  #inDoubt = 0;
  #isBegun = false;
  /** Bytes are missing without which the end of the message at hand cannot be told. */
  #isDamaged = false;

  get framing(): number {
    return this.#framing;
  }

  get isRecognised(): boolean {
    return this.#framing === FRAMED;
  }

  get isBetween(): boolean {
    return !this.#isBegun && !this.#isDamaged;
  }

  get glance(): Glance {
    return NO_GLANCE;
  }

  minBytes(): number {
    return 0;
  }

  maxBytes(): number {
    return Number.POSITIVE_INFINITY;
  }

  next(bytes: Uint8Array, from: number, to: number): number {
    if (this.#framing === UNFRAMED) return to;
    if (this.#isDamaged) return UNFINISHED;
    const end = this.scan(bytes, from, to);
    if (end === MALFORMED) return this.#fail(to);
    this.#isBegun = end === UNFINISHED;
    if (end !== UNFINISHED) this.#finish();
    return end;
  }

  skip(count: number, endsUnit: boolean): void {
    if (this.#framing === UNFRAMED || (count === 0 && !endsUnit)) return;
    // What ends where it did before is no other unit.
    if (count === 0 && this.isBetween) return;
    // What comes next need not be what comes first.
    if (this.#framing === UNDECIDED) this.#inDoubt = MESSAGES_IN_DOUBT;
    if (endsUnit) {
      this.cut(count === 0 && !this.#isDamaged);
      this.#finish();
      return;
    }
    const state = this.#isDamaged ? MALFORMED : this.pass(count);
    if (state === MALFORMED) this.#isDamaged = true;
    else if (state === UNFINISHED) this.#isBegun = true;
    else this.#finish();
  }

  lose(): void {
    if (this.#framing === UNFRAMED) return;
    this.#framing = UNDECIDED;
    this.#inDoubt = MESSAGES_IN_DOUBT;
    this.#isBegun = this.#isDamaged = false;
    this.restart();
  }

  /** Whether bytes were lost, so that what seem to be messages may be the inside of something. */
  protected get isInDoubt(): boolean {
    return this.#inDoubt > 0;
  }

  /** The bytes so far can be nothing else. */
  protected recognise(): void {
    this.#framing = FRAMED;
  }

  /** Looks at bytes[from, to): as `next`, or MALFORMED. */
  protected abstract scan(bytes: Uint8Array, from: number, to: number): number;

  /** Expects the first byte of a message. */
  protected abstract restart(): void;

  /**
   * So many bytes are missing of the message at hand. UNFINISHED if it goes on behind them, 0 if it ends with them, MALFORMED if
   * its end cannot be told any more.
   */
  protected pass(_count: number): number {
    return MALFORMED;
  }

  /** The message at hand ends without its last bytes; `isWhole`: or with them, what shows that it ends is not to be had. */
  protected cut(_isWhole: boolean): void {}

  #finish(): void {
    this.#isBegun = this.#isDamaged = false;
    if (this.#inDoubt > 0 && this.#framing === FRAMED) this.#inDoubt--;
    this.restart();
  }

  #fail(to: number): number {
    if (this.isInDoubt) {
      this.lose();
    } else {
      this.#framing = UNFRAMED;
      this.#isBegun = false;
    }
    return to;
  }
}
