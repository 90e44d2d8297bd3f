import type { DecoderMemory } from '../protocol.js';

/** What replies a call has. */
export type ReplyKind =
  /** One. */
  | 'one'
  /** Any number, the last of which does not say that it continues. */
  | 'more'
  /** One; what follows it is another protocol. */
  | 'upgrade'
  /** Which of these lies beyond what was captured, or is not known any more. */
  | 'unknown';

/** A client that sends so many calls ahead reads no replies. */
const CALLS_MAX = 1024;

/** What one takes: its place in an array that has grown. */
const CALL_BYTES = 16;

/** Which replies are yet to come, in the order of the calls. */
export class ExpectedReplies {
  readonly #kinds: ReplyKind[] = [];
  #isKnown = true;
  /** Bytes of replies to the first call that say that they continue. */
  #partBytes = 0;
  #hasParts = false;
  readonly #memory: DecoderMemory | undefined;

  constructor(memory: DecoderMemory | undefined) {
    this.#memory = memory;
  }

  /** That of the call whose reply comes next. */
  get next(): ReplyKind {
    return this.#isKnown ? (this.#kinds[0] ?? 'unknown') : 'unknown';
  }

  /** Whether the connection goes on with another protocol if one of the calls is answered well. */
  get mayUpgrade(): boolean {
    return this.#isKnown && this.#kinds.includes('upgrade');
  }

  /** Whether the call whose reply comes next was answered in part. */
  get hasParts(): boolean {
    return this.#hasParts;
  }

  asked(kind: ReplyKind): void {
    if (this.#hasRoom()) this.#kinds.push(kind);
    else this.muddle();
  }

  /** There may be a reply to what was sent last, or none. */
  muddle(): void {
    this.#forget();
    this.#isKnown = false;
  }

  continued(bytes: number): void {
    this.#hasParts = true;
    this.#partBytes += bytes;
  }

  /** The last reply to a call. Returns the bytes of those before it. */
  finished(): number {
    const bytes = this.#partBytes;
    this.#hasParts = false;
    this.#partBytes = 0;
    if (this.#kinds.shift() !== undefined) this.#memory?.give(CALL_BYTES);
    return bytes;
  }

  /** Messages were missed: which reply comes next is not known, until a call is made. */
  miss(): void {
    this.finished();
    this.#forget();
    this.#isKnown = true;
  }

  #hasRoom(): boolean {
    return this.#kinds.length < CALLS_MAX && this.#memory?.take(CALL_BYTES) !== false;
  }

  #forget(): void {
    this.#memory?.give(CALL_BYTES * this.#kinds.length);
    this.#kinds.length = 0;
  }
}
