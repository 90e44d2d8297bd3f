import type { Direction } from '../direction.js';
import type { AnswerDoubt, DecoderMemory } from '../protocol.js';

/** Streams of one connection that are open. More of them at once are not followed. */
const STREAMS_MAX = 16_384;
/** What one takes: its place in a map, and its numbers. */
const STREAM_BYTES = 256;

/** Streams that their clients have left, the latest. */
const LEFT_MAX = 1024;
const LEFT_BYTES = 48;

/** What a stream is: a call of gRPC, an exchange of HTTP, or it is not known. */
export const GRPC = 1;
export const HTTP = 2;
export const UNKNOWN = 0;

/** A call that has not ended. */
export class OpenStream {
  kind = UNKNOWN;
  /** A request has been told. */
  isTold = false;
  beginMs = 0;
  /** How long the client waits; Infinity if it does not say. */
  timeoutMs = Number.POSITIVE_INFINITY;
  /** Bytes of the request that came after it was told, and of the response. */
  requestBytes = 0;
  responseBytes = 0;
  /** When the first byte of the response came. */
  firstByteMs: number | undefined;
  /** That of HTTP. */
  status: string | undefined;
  /** Why the status is not known, though the response has begun. */
  doubt: AnswerDoubt | undefined;
  /** Nothing was seen of it since something was lost: it may be over. */
  isStale = false;

  /** `direction`: that of the request. */
  constructor(readonly direction: Direction) {}
}

/** The streams of a connection that are open, by number. None has the number of an earlier one. */
export class OpenStreams {
  readonly #streams = new Map<number, OpenStream>();
  readonly #left = new Set<number>();
  readonly #memory: DecoderMemory | undefined;

  constructor(memory: DecoderMemory | undefined) {
    this.#memory = memory;
  }

  get(number: number): OpenStream | undefined {
    const stream = this.#streams.get(number);
    if (stream?.isStale === true) stream.isStale = false;
    return stream;
  }

  /** undefined where there is no room. */
  open(number: number, direction: Direction): OpenStream | undefined {
    if (this.#streams.size >= STREAMS_MAX || this.#memory?.take(STREAM_BYTES) === false) return undefined;
    const stream = new OpenStream(direction);
    this.#streams.set(number, stream);
    return stream;
  }

  close(number: number): void {
    if (this.#streams.delete(number)) this.#memory?.give(STREAM_BYTES);
  }

  /** The client does not want the answer any more, which may be on its way. */
  leave(number: number): void {
    if (this.#left.has(number)) return;
    const isFull = this.#left.size >= LEFT_MAX;
    if (!isFull && this.#memory?.take(LEFT_BYTES) === false) return;
    const [oldest] = isFull ? this.#left : [];
    if (oldest !== undefined) this.#left.delete(oldest);
    this.#left.add(number);
  }

  /** Whether what is said on a stream that is not open comes too late. */
  wasLeft(number: number): boolean {
    return this.#left.has(number);
  }

  /** Those of requests in a direction, with numbers above one. */
  *above(number: number, direction: Direction): Iterable<[number, OpenStream]> {
    for (const each of this.#streams) if (each[0] > number && each[1].direction === direction) yield each;
  }

  [Symbol.iterator](): Iterator<[number, OpenStream]> {
    return this.#streams.entries();
  }

  /** Something was lost: what is not seen again until that happens once more is forgotten then. */
  lose(): void {
    for (const [number, stream] of this.#streams) {
      if (stream.isStale) this.close(number);
      else stream.isStale = true;
    }
  }

  forget(): void {
    this.#memory?.give(STREAM_BYTES * this.#streams.size + LEFT_BYTES * this.#left.size);
    this.#streams.clear();
    this.#left.clear();
  }
}
