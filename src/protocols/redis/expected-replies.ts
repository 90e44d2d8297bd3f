import type { DecoderMemory } from '../protocol.js';

/** What the reply to a command says beside how it ended. */
export const PLAIN = 0;
export const SELECT = 1;
export const MULTI = 2;
export const EXEC = 3;
export const DISCARD = 4;
export const RESET = 5;
export const MONITOR = 6;
export const PSYNC = 7;
/** It is answered by each of its arguments' having been subscribed to. */
export const SUBSCRIBE = 8;

export type Effect = number;

/** A command whose replies are yet to come, as a number: effect, whether its payload is not shown, and what goes with the effect. */
const EFFECT_BITS = 4;
const SECRET_BIT = 1 << EFFECT_BITS;
const DETAIL_SHIFT = EFFECT_BITS + 1;
/** More of them are not counted. */
const DETAIL_MAX = 2 ** (32 - DETAIL_SHIFT) - 1;

const COMMANDS_MIN = 16;
/** A client that sends so many ahead reads no replies. */
const COMMANDS_MAX = 2 ** 16;
/** After so long a silence on a connection, nothing is on its way any more. */
const SILENCE_MS = 1000;

const NOTHING = new Uint32Array(0);

/** The first reply is to the first command: how far that can be relied on. */
type Order =
  /** All was seen. */
  | 'known'
  /** Something was missed, and the client has one command out at a time, as far as was seen. */
  | 'likely'
  /** Something was missed, and commands may be out that were not seen. */
  | 'lost';

/** The commands whose replies are yet to come, in their order, and whether that can be relied on. */
export class ExpectedReplies {
  /** The number of the first of them. */
  first = 1;
  #ring = NOTHING;
  #at = 0;
  #count = 0;
  #order: Order = 'known';
  /** The client has sent a command before it had the reply to the one before. */
  #sendsAhead = false;
  #latestMs = 0;
  readonly #memory: DecoderMemory | undefined;

  constructor(memory: DecoderMemory | undefined) {
    this.#memory = memory;
  }

  get count(): number {
    return this.#count;
  }

  get isLost(): boolean {
    return this.#order === 'lost';
  }

  /** What goes with the first. */
  get effect(): Effect {
    return this.#first & (SECRET_BIT - 1);
  }

  get isSecret(): boolean {
    return (this.#first & SECRET_BIT) !== 0;
  }

  get detail(): number {
    return this.#first >>> DETAIL_SHIFT;
  }

  set detail(detail: number) {
    this.#ring[this.#at] = (this.#first & (2 ** DETAIL_SHIFT - 1)) | (detail << DETAIL_SHIFT);
  }

  /** Something is seen of the connection. */
  heard(timeMs: number): void {
    const isSilent = timeMs - this.#latestMs >= SILENCE_MS;
    if (isSilent && this.#count === 0) this.#order = 'known';
    this.#latestMs = timeMs;
  }

  /** Another command follows. Whether it is not certain any more whose the next reply is. */
  asks(): boolean {
    if (this.#count > 0) this.#sendsAhead = true;
    return this.#order === 'likely' && this.#count > 0;
  }

  /** Takes a command up. Its number; 0 where its reply will not be found. */
  add(effect: Effect, isSecret: boolean, detail: number): number {
    if (this.#order === 'lost' || !this.#reserve()) return 0;
    const place = (this.#at + this.#count) & (this.#ring.length - 1);
    const kept = Math.min(detail, DETAIL_MAX);
    this.#ring[place] = effect | (isSecret ? SECRET_BIT : 0) | (kept << DETAIL_SHIFT);
    return this.first + this.#count++;
  }

  /** A number that no command has; none waits. */
  skipNumber(): number {
    return this.first++;
  }

  /** The first has had its reply. */
  take(): void {
    this.#at = (this.#at + 1) & (this.#ring.length - 1);
    this.#count--;
    this.first++;
  }

  /** A reply came to nothing. */
  strayed(): void {
    if (this.#order === 'known') this.#order = 'likely';
    else if (this.#sendsAhead) this.#order = 'lost';
  }

  /** Something was missed. */
  miss(): void {
    this.first += this.#count;
    this.#count = 0;
    this.#order = this.#sendsAhead ? 'lost' : 'likely';
  }

  release(): void {
    this.miss();
    this.#memory?.give(this.#ring.byteLength);
    this.#ring = NOTHING;
  }

  get #first(): number {
    return this.#ring[this.#at];
  }

  #reserve(): boolean {
    const { length } = this.#ring;
    if (this.#count < length) return true;
    const size = Math.max(COMMANDS_MIN, 2 * length);
    if (size > COMMANDS_MAX) return false;
    if (this.#memory?.take((size - length) * Uint32Array.BYTES_PER_ELEMENT) === false) return false;
    const larger = new Uint32Array(size);
    for (let i = 0; i < this.#count; i++) larger[i] = this.#ring[(this.#at + i) & (length - 1)];
    this.#ring = larger;
    this.#at = 0;
    return true;
  }
}
