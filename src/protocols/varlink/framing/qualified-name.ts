import { isDigit } from '../../framing/bytes.js';

const DOT = 0x2e;
const DASH = 0x2d;
const LENGTH_MAX = 255;

/** Looks at a name byte by byte: `org.varlink.service.GetInfo`, an interface and a member, which has a capital letter. */
export class QualifiedName {
  #length = 0;
  #dots = 0;
  /** Bytes behind the last dot, and whether a capital letter is the first of them. */
  #memberBytes = 0;
  #isCapital = false;

  get isWhole(): boolean {
    return this.#dots > 0 && this.#memberBytes > 0 && this.#isCapital;
  }

  restart(): void {
    this.#length = this.#dots = this.#memberBytes = 0;
    this.#isCapital = false;
  }

  /** Whether a byte may stand next. */
  take(byte: number): boolean {
    if (++this.#length > LENGTH_MAX) return false;
    if (byte === DOT) {
      const isFine = this.#memberBytes > 0;
      this.#dots++;
      this.#memberBytes = 0;
      return isFine;
    }
    if (this.#memberBytes++ === 0) this.#isCapital = byte >= 0x41 && byte <= 0x5a;
    const lower = byte | 0x20;
    return (lower >= 0x61 && lower <= 0x7a) || isDigit(byte) || byte === DASH;
  }
}
