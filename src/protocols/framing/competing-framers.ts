import {
  type Framer,
  MESSAGE,
  NO_TERMINATOR,
  UNDECIDED,
  UNFINISHED,
  UNFRAMED,
  type UnitKind,
} from './framer.js';

/**
 * Framers of several protocols on one stream, the likeliest first, until one of them is settled on: the first that
 * recognises what it is shown once all before it have ruled themselves out. From then on it is that one alone.
 *
 * Units are not told apart before. That takes a few bytes, so what is lost is at most that the first messages of a
 * stream count as one.
 */
export class CompetingFramers implements Framer {
  readonly #framers: readonly Framer[];
  #settled: Framer | undefined;
  #framing = UNDECIDED;

  constructor(framers: readonly Framer[]) {
    this.#framers = framers;
  }

  /** Index of the framer that was settled on, or -1. */
  get settled(): number {
    return this.#settled === undefined ? -1 : this.#framers.indexOf(this.#settled);
  }

  get framing(): number {
    return this.#settled?.framing ?? this.#framing;
  }

  get isRecognised(): boolean {
    return this.#settled !== undefined;
  }

  get kind(): UnitKind {
    return this.#settled?.kind ?? MESSAGE;
  }

  get openingKind(): UnitKind {
    return this.#settled?.openingKind ?? MESSAGE;
  }

  get terminator(): number {
    return this.#settled?.terminator ?? NO_TERMINATOR;
  }

  get isBetween(): boolean {
    if (this.#settled !== undefined) return this.#settled.isBetween;
    for (let i = 0; i < this.#framers.length; i++) {
      if (!this.#framers[i].isBetween) return false;
    }
    return true;
  }

  isWhole(bytes: Uint8Array, to: number): boolean {
    return this.#settled?.isWhole(bytes, to) ?? false;
  }

  minBytes(kind: UnitKind): number {
    if (this.#settled !== undefined) return this.#settled.minBytes(kind);
    let most = 0;
    for (let i = 0; i < this.#framers.length; i++) {
      const framer = this.#framers[i];
      if (framer.framing !== UNFRAMED) most = Math.max(most, framer.minBytes(framer.openingKind));
    }
    return most;
  }

  next(bytes: Uint8Array, from: number, to: number): number {
    if (this.#settled !== undefined) return this.#settled.next(bytes, from, to);
    return this.#framing === UNFRAMED ? to : this.#compete(bytes, from, to);
  }

  skip(count: number, endsUnit: boolean): void {
    if (this.#settled !== undefined) this.#settled.skip(count, endsUnit);
    else for (let i = 0; i < this.#framers.length; i++) this.#framers[i].skip(count, endsUnit);
  }

  lose(): void {
    if (this.#settled !== undefined) this.#settled.lose();
    else for (let i = 0; i < this.#framers.length; i++) this.#framers[i].lose();
  }

  #compete(bytes: Uint8Array, from: number, to: number): number {
    let isPossible = false;
    let isOver = true;
    for (let i = 0; i < this.#framers.length; i++) {
      const framer = this.#framers[i];
      if (framer.framing === UNFRAMED) continue;
      let end = framer.next(bytes, from, to);
      if (framer.isRecognised && !isPossible) {
        this.#settled = framer;
        return end;
      }
      // Each framer sees all bytes, whatever units it finds in them.
      while (end !== UNFINISHED && end < to) end = framer.next(bytes, end, to);
      if (framer.framing === UNFRAMED) continue;
      isPossible = true;
      isOver &&= end === to;
    }
    if (!isPossible) this.#framing = UNFRAMED;
    return isOver ? to : UNFINISHED;
  }
}
