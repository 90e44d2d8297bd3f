import type { DecoderMemory } from '../protocol.js';

/** Streams on which the server may send more than an answer. More of them at once are not followed. */
const STREAMS_MAX = 4096;

/** What one takes: its place in a map that has grown or is about to shrink, and two numbers that are no small integers. */
const STREAM_BYTES = 128;

/** What has come of answers that are streams. */
export class OpenStreams {
  /** Bytes so far; 0 while there are none. */
  readonly #bytes = new Map<number, number>();
  readonly #memory: DecoderMemory | undefined;

  constructor(memory: DecoderMemory | undefined) {
    this.#memory = memory;
  }

  open(stream: number): void {
    if (this.#bytes.has(stream) || this.#hasRoom()) this.#bytes.set(stream, 0);
  }

  add(stream: number, bytes: number): void {
    const before = this.#bytes.get(stream);
    if (before !== undefined) this.#bytes.set(stream, before + bytes);
  }

  /** An answer has ended. Returns the bytes before its last frame. */
  close(stream: number): number {
    const bytes = this.#bytes.get(stream) ?? 0;
    if (this.#bytes.delete(stream)) this.#memory?.give(STREAM_BYTES);
    return bytes;
  }

  forget(): void {
    this.#memory?.give(STREAM_BYTES * this.#bytes.size);
    this.#bytes.clear();
  }

  #hasRoom(): boolean {
    return this.#bytes.size < STREAMS_MAX && this.#memory?.take(STREAM_BYTES) !== false;
  }

  /** Those on which something has come. */
  get begun(): number[] {
    return [...this.#bytes].flatMap(([stream, bytes]) => (bytes > 0 ? [stream] : []));
  }
}
