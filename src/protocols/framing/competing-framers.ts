import type { Direction } from '../direction.js';
import { mayBegin } from './first-byte.js';
import {
  type Framer,
  MESSAGE,
  NO_TERMINATOR,
  UNDECIDED,
  UNFINISHED,
  UNFRAMED,
  type UnitKind,
} from './framer.js';
import { type Glance, NO_GLANCE } from './glance.js';
import type { Meter } from './meter.js';
import type { ProtocolFraming } from './protocol-framing.js';

/** Nothing is put in it. */
const NONE: never[] = [];

/** No byte has been seen. */
const NO_BYTE = -1;

/** So many bytes at most are shown to the protocol before until it is seen that they are of the one that follows. */
const OPENING_BYTES = 32;

/**
 * Framers of several protocols on one stream, the likeliest first, until one of them is settled on: the first that
 * recognises what it is shown once all before it have ruled themselves out, or the only one that is left. From then on it is that
 * one alone.
 *
 * Units are not told apart before. That takes a few bytes, so what is lost is at most that the first messages of a
 * stream count as one.
 *
 * Where the one that was settled on has no place for what comes next, because another protocol follows, or seems to, the framer of that
 * has its turn, once.
 *
 * After a loss none is ruled out by what may be the inside of a message. Only those stand in the way of later ones for which
 * something plausible has begun.
 *
 * There may be many short connections, and few protocols can begin with any one byte. So a framer is made when its turn comes, and
 * none for a protocol that the first byte rules out.
 */
export class CompetingFramers implements Framer {
  readonly #direction: Direction;
  readonly #meter: Meter;
  /** None once it is over: there may be many connections. The same of the others. */
  #framings: readonly ProtocolFraming[];
  /** Indices of those that are not ruled out by the first byte; undefined before it. */
  #entrants: number[] | undefined;
  /** Theirs, as many as have had their turn: all of them, between two pieces. */
  #framers: Framer[] = [];
  /** What each has said last. */
  #ends: number[] = [];
  #settled: Framer | undefined;
  #settledIndex = -1;
  #framing = UNDECIDED;
  #isLost = false;
  /** What may follow the one that was settled on, until it does. */
  #successor: ProtocolFraming | undefined;
  /** While another may follow: how many bytes of the unit at hand have been shown, and these, where they are few. */
  #begun = 0;
  #opening: Uint8Array | undefined;

  /** `framings`: no two that are framed alike. */
  constructor(framings: readonly ProtocolFraming[], direction: Direction, meter: Meter) {
    this.#framings = framings;
    this.#direction = direction;
    this.#meter = meter;
  }

  /** Index of the framing that was settled on, or -1. */
  get settled(): number {
    return this.#settledIndex;
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

  get glance(): Glance {
    return this.#settled?.glance ?? NO_GLANCE;
  }

  minBytes(kind: UnitKind): number {
    if (this.#settled !== undefined) return this.#settled.minBytes(kind);
    this.#enterAll();
    let most = 0;
    for (let i = 0; i < this.#framers.length; i++) {
      const framer = this.#framers[i];
      if (framer.framing !== UNFRAMED) most = Math.max(most, framer.minBytes(framer.openingKind));
    }
    return most;
  }

  maxBytes(kind: UnitKind): number {
    return this.#settled?.maxBytes(kind) ?? Number.POSITIVE_INFINITY;
  }

  next(bytes: Uint8Array, from: number, to: number): number {
    if (this.#settled !== undefined) return this.#nextOf(this.#settled, bytes, from, to);
    return this.#framing === UNFRAMED ? to : this.#compete(bytes, from, to);
  }

  skip(count: number, endsUnit: boolean): void {
    this.#isLost ||= this.#settled === undefined && count > 0;
    if (this.#settled !== undefined) {
      this.#settled.skip(count, endsUnit);
      return;
    }
    this.#enterAll();
    for (let i = 0; i < this.#framers.length; i++) this.#framers[i].skip(count, endsUnit);
  }

  lose(): void {
    this.#isLost = true;
    if (this.#settled !== undefined) {
      this.#settled.lose();
      return;
    }
    this.#enterAll();
    for (let i = 0; i < this.#framers.length; i++) this.#framers[i].lose();
  }

  /** The stream begins with a byte, or with anything. */
  #enter(byte: number): number[] {
    const entrants: number[] = [];
    for (let i = 0; i < this.#framings.length; i++) {
      if (byte === NO_BYTE || mayBegin(this.#framings[i], this.#direction, byte)) entrants.push(i);
    }
    this.#entrants = entrants;
    return entrants;
  }

  /** What comes first need not be what a stream begins with. */
  #enterAll(): void {
    if (this.#entrants !== undefined) return;
    for (const index of this.#enter(NO_BYTE)) this.#framers.push(this.#framerOf(index));
  }

  #framerOf(index: number): Framer {
    return this.#framings[index].createFramer(this.#direction, this.#meter);
  }

  #compete(bytes: Uint8Array, from: number, to: number): number {
    const entrants = this.#entrants ?? this.#enter(bytes[from]);
    let isPossible = false;
    let left = 0;
    let last = 0;
    for (let i = 0; i < entrants.length; i++) {
      if (i === this.#framers.length) this.#framers.push(this.#framerOf(entrants[i]));
      const framer = this.#framers[i];
      if (framer.framing === UNFRAMED) continue;
      const end = framer.next(bytes, from, to);
      this.#ends[i] = end;
      if (framer.isRecognised && !isPossible) return this.#settle(i, bytes, from, to);
      if (framer.framing === UNFRAMED) continue;
      left++;
      last = i;
      isPossible ||= !this.#isLost || !framer.isBetween;
    }
    // It is this one's, or nobody's.
    if (left === 1) return this.#settle(last, bytes, from, to);
    if (left > 0) return this.#goOn(bytes, to);
    this.#framing = UNFRAMED;
    this.#finish();
    return to;
  }

  #settle(index: number, bytes: Uint8Array, from: number, to: number): number {
    const framer = this.#framers[index];
    const end = this.#ends[index];
    this.#settled = framer;
    this.#settledIndex = this.#entrants?.[index] ?? index;
    const { successor } = this.#framings[this.#settledIndex];
    if (successor !== undefined) this.#successor = this.#framings.find(({ name }) => name === successor);
    this.#finish();
    // What was shown before is of this one.
    this.#begun = OPENING_BYTES + 1;
    if (framer.isTunnel === true) this.#follow();
    else this.#note(end, bytes, from, to);
    return end;
  }

  #finish(): void {
    this.#framings = this.#framers = this.#ends = this.#entrants = NONE;
  }

  #nextOf(framer: Framer, bytes: Uint8Array, from: number, to: number): number {
    const end = framer.next(bytes, from, to);
    if (this.#successor === undefined) return end;
    if (framer.framing !== UNFRAMED) {
      this.#note(end, bytes, from, to);
      return end;
    }
    const successor = this.#follow();
    if (successor === undefined || framer.isTunnel === true) return end;
    const begun = this.#begun;
    if (begun > OPENING_BYTES) return end;
    if (begun > 0 && this.#opening !== undefined) successor.next(this.#opening, 0, begun);
    return successor.next(bytes, from, to);
  }

  /** Remembers how the unit at hand begins. */
  #note(end: number, bytes: Uint8Array, from: number, to: number): void {
    if (end !== UNFINISHED) {
      this.#begun = 0;
      return;
    }
    const begun = this.#begun;
    this.#begun += to - from;
    if (this.#begun > OPENING_BYTES) return;
    this.#opening ??= new Uint8Array(OPENING_BYTES + 1);
    for (let i = from; i < to; i++) this.#opening[begun + i - from] = bytes[i];
  }

  /** Lets the framer of the next protocol take over, if there is one. */
  #follow(): Framer | undefined {
    const framer = this.#successor?.createFramer(this.#direction, this.#meter);
    this.#successor = undefined;
    if (framer !== undefined) this.#settled = framer;
    return framer;
  }

  /** Shows the rest to each framer, whatever units it finds: all of them see all bytes. */
  #goOn(bytes: Uint8Array, to: number): number {
    let isOver = true;
    for (let i = 0; i < this.#framers.length; i++) {
      const framer = this.#framers[i];
      let end = this.#ends[i];
      while (framer.framing !== UNFRAMED && end !== UNFINISHED && end < to) end = framer.next(bytes, end, to);
      if (framer.framing !== UNFRAMED) isOver &&= end === to;
    }
    return isOver ? to : UNFINISHED;
  }
}
