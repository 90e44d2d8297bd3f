import { FramedMessage } from '../framed-decoder.js';
import type { DecoderMemory } from '../protocol.js';

/** Who types does not send more ahead; what does, before it has heard anything, is not known to speak Redis. */
const LINES_MAX = 256;
/** What is kept of a line: more than a command and its subcommand. */
const LINE_BYTES_MAX = 4096;
/** What one takes beside its bytes, as a round figure. */
const ENTRY_BYTES = 160;

/** Commands that are lines, which may be anybody's, until a reply shows that they are of Redis. */
export class HeldLines {
  readonly #memory: DecoderMemory | undefined;
  #lines: FramedMessage[] = [];
  #heldBytes = 0;

  constructor(memory: DecoderMemory | undefined) {
    this.#memory = memory;
  }

  /** Keeps a line. False: there is no room for it, and all are gone. */
  add(message: FramedMessage): boolean {
    const to = Math.min(message.to, message.from + LINE_BYTES_MAX);
    const bytes = to - message.from + ENTRY_BYTES;
    if (this.#lines.length === LINES_MAX || this.#memory?.take(bytes) === false) {
      this.release();
      return false;
    }
    this.#heldBytes += bytes;
    this.#lines.push(copyOf(message, to));
    return true;
  }

  /** Those that are kept, which are not kept any more. */
  takeAll(): readonly FramedMessage[] {
    const lines = this.#lines;
    this.release();
    return lines;
  }

  release(): void {
    this.#memory?.give(this.#heldBytes);
    this.#heldBytes = 0;
    this.#lines = [];
  }
}

function copyOf(message: FramedMessage, to: number): FramedMessage {
  const { bytes, from, isWhole, length, beginMs, endMs, isSuspect } = message;
  const copy = new FramedMessage();
  copy.bytes = new Uint8Array(to - from + 1);
  copy.bytes.set(bytes.subarray(from, to));
  copy.to = to - from;
  return Object.assign(copy, { isWhole: isWhole && to === message.to, length, beginMs, endMs, isSuspect });
}
