import { HEADER_BYTES, PAYLOAD_BYTES_MAX } from './packet.js';

/** So much of the beginning of a payload is looked at. */
const HEAD_BYTES = 64;

/** Nothing is written to it. Most streams are another protocol's, and have no payload that is looked at. */
const UNSEEN = new Uint8Array(HEAD_BYTES);

/** Goes over one packet after another: the length and the number of each, and the first bytes of its payload. */
export class PacketScanner {
  /** Of the packet at hand, as far as it was seen. */
  length = 0;
  number = 0;
  headerBytes = 0;
  /** head[0, headBytes) are the first of its payload. */
  head: Uint8Array = UNSEEN;
  headBytes = 0;
  /** Bytes of the payload that have not come. */
  left = 0;

  get isWhole(): boolean {
    return this.headerBytes === HEADER_BYTES && this.left === 0;
  }

  get hasHeader(): boolean {
    return this.headerBytes === HEADER_BYTES;
  }

  /** The payload goes on in the next packet. */
  get goesOn(): boolean {
    return this.length === PAYLOAD_BYTES_MAX;
  }

  restart(): void {
    this.length = this.number = this.headerBytes = this.headBytes = this.left = 0;
  }

  /** Takes bytes of the header. The index behind them. */
  takeHeader(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    if (this.headerBytes === 0 && to - from >= HEADER_BYTES) {
      this.length = this.left = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
      this.number = bytes[at + 3];
      this.headerBytes = HEADER_BYTES;
      return at + HEADER_BYTES;
    }
    while (at < to && this.headerBytes < HEADER_BYTES) {
      const byte = bytes[at++];
      if (this.headerBytes === HEADER_BYTES - 1) this.number = byte;
      else this.length += byte * 2 ** (8 * this.headerBytes);
      this.headerBytes++;
    }
    this.left = this.length;
    return at;
  }

  /** Takes bytes of the payload. The index behind them. */
  takePayload(bytes: Uint8Array, from: number, to: number): number {
    const count = Math.min(this.left, to - from);
    const seen = Math.min(count, HEAD_BYTES - this.headBytes);
    if (seen > 0 && this.head === UNSEEN) this.head = new Uint8Array(HEAD_BYTES);
    for (let i = 0; i < seen; i++) this.head[this.headBytes++] = bytes[from + i];
    this.left -= count;
    return from + count;
  }

  /** Passes over bytes of the payload that are missing. Whether there were so many. */
  skip(count: number): boolean {
    if (!this.hasHeader || count > this.left) return false;
    this.left -= count;
    return true;
  }
}
