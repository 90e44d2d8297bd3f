import type { Direction } from '../../direction.js';
import { FRAMED, MALFORMED, UNFINISHED } from '../../framing/framer.js';
import { type Glance, JSON_BEFORE_NUL, NO_GLANCE } from '../../framing/glance.js';
import { type Meter, SEARCH_STEPS, SEARCHED_SHIFT } from '../../framing/meter.js';
import { UnitFramer } from '../../framing/unit-framer.js';
import { FirstMessage } from './first-message.js';

/** Behind each message, and nowhere in it. */
const NUL = 0;

/**
 * Messages are JSON objects, each with a NUL behind it. The first shows whether it is Varlink: other JSON has lines, or other
 * members. After a loss the next NUL ends a message.
 */
export class VarlinkFramer extends UnitFramer {
  override readonly terminator = NUL;
  readonly #meter: Meter;
  readonly #first: FirstMessage;
  #isKnown = false;

  constructor(direction: Direction, meter: Meter) {
    super();
    this.#meter = meter;
    this.#first = new FirstMessage(direction, meter);
  }

  override get glance(): Glance {
    return this.framing === FRAMED && this.isBetween ? JSON_BEFORE_NUL : NO_GLANCE;
  }

  protected override scan(bytes: Uint8Array, from: number, to: number): number {
    if (!this.#isKnown) return this.#recognise(bytes, from, to);
    const nul = this.#search(bytes, from, to);
    if (nul === to) return UNFINISHED;
    this.recognise();
    return nul + 1;
  }

  protected override restart(): void {
    this.#first.restart();
  }

  protected override pass(): number {
    // The next NUL ends the message whatever is missing of it.
    return this.#isKnown ? UNFINISHED : MALFORMED;
  }

  protected override cut(): void {
    if (this.#isKnown || !this.#first.isConvincing) return;
    this.#isKnown = true;
    this.recognise();
  }

  #recognise(bytes: Uint8Array, from: number, to: number): number {
    let end = this.#first.next(bytes, from, to);
    // What was lost may end within these bytes.
    while (end === MALFORMED && this.isInDoubt) {
      this.#first.restart();
      const nul = this.#search(bytes, this.#first.stoppedAt, to);
      if (nul >= to - 1) return MALFORMED;
      end = this.#first.next(bytes, nul + 1, to);
    }
    const isSettled = end !== UNFINISHED || (this.#first.isLong && this.#first.isConvincing);
    if (end === MALFORMED || !isSettled) return end;
    this.#isKnown = true;
    this.recognise();
    return end;
  }

  /** Index of the next NUL, or `to`. Overwrites bytes[to]. */
  #search(bytes: Uint8Array, from: number, to: number): number {
    bytes[to] = NUL;
    const nul = bytes.indexOf(NUL, from);
    this.#meter.steps += SEARCH_STEPS + ((nul - from) >> SEARCHED_SHIFT);
    return nul;
  }
}
