import { bigWordAt } from '../../framing/words.js';

/**
 * https://github.com/containerd/ttrpc/blob/main/PROTOCOL.md: before the data of each frame stand their length and the number of
 * its stream, big-endian words, then its type and its flags.
 */
export const HEADER_BYTES = 10;
const WORD_BYTES = 4;
const TYPE_AT = 8;

/** Types of frames. */
export const REQUEST = 1;
export const RESPONSE = 2;
export const DATA = 3;

/** Flags: the sender sends no more on the stream; it sends data behind the request; there are no data. */
export const REMOTE_CLOSED = 1;
export const REMOTE_OPEN = 2;

/** The header of a frame, byte by byte. */
export class FrameHeader {
  length = 0;
  stream = 0;
  type = 0;
  flags = 0;
  #seen = 0;

  get isWhole(): boolean {
    return this.#seen === HEADER_BYTES;
  }

  get isEmpty(): boolean {
    return this.#seen === 0;
  }

  restart(): void {
    this.length = this.stream = this.type = this.flags = this.#seen = 0;
  }

  /** All of it at once, which begins at bytes[from]. */
  read(bytes: Uint8Array, from: number): void {
    this.length = bigWordAt(bytes, from);
    this.stream = bigWordAt(bytes, from + WORD_BYTES);
    this.type = bytes[from + TYPE_AT];
    this.flags = bytes[from + TYPE_AT + 1];
    this.#seen = HEADER_BYTES;
  }

  take(byte: number): void {
    const at = this.#seen++;
    if (at < WORD_BYTES) this.length = this.length * 256 + byte;
    else if (at < TYPE_AT) this.stream = this.stream * 256 + byte;
    else if (at === TYPE_AT) this.type = byte;
    else this.flags = byte;
  }
}
