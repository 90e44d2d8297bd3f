import { UNDECIDED } from '../../framing/framer.js';

/** After a loss, a stream that goes wrong is not called UNFRAMED until so many units have ended properly. */
const UNITS_IN_DOUBT = 2;

/**
 * How far what a stream is taken for is to be believed:
 *
 *   (new) ──a unit ends──► known ──lose──► lost ──find──► in doubt ──two units end──► known
 *                                           ▲                │
 *                                           └──────lose──────┘
 */
export class Certainty {
  #known = UNDECIDED;
  #isLost = false;
  #unitsInDoubt = 0;

  /** What the stream is, or was before it lost bytes; UNDECIDED in a new one. */
  get known(): number {
    return this.#known;
  }

  /** Where the next unit begins is not known. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** What seem to be units may be the inside of something. */
  get isInDoubt(): boolean {
    return this.#unitsInDoubt > 0;
  }

  /** Bytes are missing of what was taken for `framing`. */
  lose(framing: number): void {
    // There is no better guess.
    if (this.#known === UNDECIDED && !this.isInDoubt) this.#known = framing;
    this.#isLost = true;
    this.doubt();
  }

  /** Bytes are missing, but where the next unit begins is known. */
  doubt(): void {
    this.#unitsInDoubt = UNITS_IN_DOUBT;
  }

  /** A unit begins here. */
  find(): void {
    this.#isLost = false;
  }

  /** A unit has ended as one of `framing` should. */
  conclude(framing: number): void {
    if (this.#unitsInDoubt > 0 && --this.#unitsInDoubt > 0) return;
    this.#known = framing;
  }

  /** Units of `framing` have ended so that nothing else is possible. */
  settle(framing: number): void {
    this.#known = framing;
    this.#isLost = false;
    this.#unitsInDoubt = 0;
  }
}
