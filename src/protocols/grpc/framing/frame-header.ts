import { bigWordAt } from '../../framing/words.js';

/** https://www.rfc-editor.org/rfc/rfc9113#section-4.1: 24 bits of length, type, flags, and 31 bits that number the stream. */
export const HEADER_BYTES = 9;
const TYPE_AT = 3;
const FLAGS_AT = 4;
const STREAM_MASK = 0x7fff_ffff;

/** Types of frames. */
export const DATA = 0;
export const HEADERS = 1;
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

/** Flags. */
export const END_STREAM = 0x1;
export const END_HEADERS = 0x4;
export const PADDED = 0x8;
export const HAS_PRIORITY = 0x20;

/** Whether a frame holds headers, or a part of them. */
export function holdsHeaders(type: number): boolean {
  return type === HEADERS || type === CONTINUATION || type === PUSH_PROMISE;
}

/** The header of a frame, byte by byte. */
export class FrameHeader {
  length = 0;
  type = 0;
  flags = 0;
  stream = 0;
  #seen = 0;

  get isWhole(): boolean {
    return this.#seen === HEADER_BYTES;
  }

  get isEmpty(): boolean {
    return this.#seen === 0;
  }

  restart(): void {
    this.length = this.type = this.flags = this.stream = this.#seen = 0;
  }

  /** All of it at once, which begins at bytes[from]. */
  read(bytes: Uint8Array, from: number): void {
    this.length = (bytes[from] << 16) | (bytes[from + 1] << 8) | bytes[from + 2];
    this.type = bytes[from + TYPE_AT];
    this.flags = bytes[from + FLAGS_AT];
    this.stream = bigWordAt(bytes, from + FLAGS_AT + 1) & STREAM_MASK;
    this.#seen = HEADER_BYTES;
  }

  take(byte: number): void {
    const at = this.#seen++;
    if (at < TYPE_AT) this.length = (this.length << 8) | byte;
    else if (at === TYPE_AT) this.type = byte;
    else if (at === FLAGS_AT) this.flags = byte;
    else this.stream = ((this.stream << 8) | byte) & STREAM_MASK;
  }
}
