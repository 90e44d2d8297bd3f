import type { FramedMessage } from '../framed-decoder.js';
import { PartialUnit } from '../partial-unit.js';
import type { DecoderMemory } from '../protocol.js';
import {
  CONTINUATION,
  END_HEADERS,
  END_STREAM,
  type FrameHeader,
  HAS_PRIORITY,
  HEADER_BYTES,
  HEADERS,
  PADDED,
  PUSH_PROMISE,
} from './framing/frame-header.js';
import type { BlockReader } from './hpack/block-reader.js';
import { HeaderTable } from './hpack/header-table.js';

/** In front of the headers in a frame: what it depends on, and the number of a stream that is promised. */
const PRIORITY_BYTES = 5;
const PROMISED_BYTES = 4;

/** The headers of one direction: puts blocks together, each of which may come in several frames, and has them read. */
export class HeaderBlocks {
  /** Of the block at hand: its stream, whether that ends with it, and whether it is of a request that the server makes up. */
  stream = 0;
  endsStream = false;
  isPromise = false;
  /** When its first byte came, monotonic ms, and the bytes of its frames. */
  beginMs = 0;
  length = 0;
  readonly #reader: BlockReader;
  readonly #table: HeaderTable;
  readonly #parts: PartialUnit;
  #isOpen = false;

  constructor(reader: BlockReader, memory: DecoderMemory | undefined) {
    this.#reader = reader;
    this.#table = new HeaderTable(memory);
    this.#parts = new PartialUnit(memory);
  }

  /** Takes in a frame that holds headers. Whether a block has ended with it, which the reader has then; undefined: it belongs to none. */
  take(header: FrameHeader, message: FramedMessage): boolean | undefined {
    const { type, flags, stream } = header;
    if (type === CONTINUATION) {
      if (this.#isOpen && stream === this.stream) return this.#goOn(header, message);
      this.lose();
      return undefined;
    }
    // One that does not end would be another connection's.
    if (this.#isOpen) this.lose();
    this.stream = stream;
    this.endsStream = (flags & END_STREAM) !== 0;
    this.isPromise = type === PUSH_PROMISE;
    this.beginMs = message.beginMs;
    this.length = message.length;
    return this.#begin(header, message);
  }

  /** Headers may be missing. */
  lose(): void {
    this.#isOpen = false;
    this.#parts.clear();
    this.#table.lose();
  }

  release(): void {
    this.#isOpen = false;
    this.#parts.release();
    this.#table.release();
  }

  #begin({ type, flags }: FrameHeader, { bytes, from, to, length, beginMs }: FramedMessage): boolean {
    let at = from + HEADER_BYTES;
    let end = from + length;
    if ((flags & PADDED) !== 0 && at < to) end -= bytes[at++];
    if (type === HEADERS && (flags & HAS_PRIORITY) !== 0) at += PRIORITY_BYTES;
    if (type === PUSH_PROMISE) at += PROMISED_BYTES;
    const isWhole = at <= end && end <= to;
    const stop = isWhole ? end : Math.max(at, Math.min(end, to));
    if ((flags & END_HEADERS) !== 0) {
      this.#reader.read(bytes, at, isWhole ? end : stop, isWhole, this.#table);
      return true;
    }
    this.#isOpen = true;
    this.#parts.begin(beginMs);
    this.#add(bytes, at, stop, isWhole ? 0 : 1);
    return false;
  }

  #goOn({ flags }: FrameHeader, { bytes, from, to, length }: FramedMessage): boolean {
    this.length += length;
    this.#add(bytes, from + HEADER_BYTES, to, from + length - to);
    if ((flags & END_HEADERS) === 0) return false;
    const { head, headBytes, hasHole } = this.#parts;
    this.#reader.read(head, 0, headBytes, !hasHole, this.#table);
    this.#isOpen = false;
    this.#parts.clear();
    return true;
  }

  #add(bytes: Uint8Array, from: number, to: number, missing: number): void {
    if (to > from) this.#parts.append(bytes, from, to);
    this.#parts.skip(missing);
  }
}
