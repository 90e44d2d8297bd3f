import { RPC } from '../conventions.js';
import type { Direction } from '../direction.js';
import { FramedDecoder, type FramedMessage } from '../framed-decoder.js';
import { bigWordAt } from '../framing/words.js';
import type { DecoderSettings, MessageSink, Protocol, UndecodableReason } from '../protocol.js';
import { GrpcCalls } from './calls.js';
import {
  DATA,
  END_STREAM,
  FrameHeader,
  GOAWAY,
  HEADER_BYTES,
  holdsHeaders,
  RST_STREAM,
} from './framing/frame-header.js';
import { PREFACE } from './framing/framer.js';
import { grpcFraming } from './framing/index.js';
import { HeaderBlocks } from './header-blocks.js';
import { BlockReader } from './hpack/block-reader.js';

const WORD_BYTES = 4;
const STREAM_MASK = 0x7fff_ffff;

class GrpcDecoder extends FramedDecoder {
  readonly #header = new FrameHeader();
  readonly #blocks: readonly [HeaderBlocks, HeaderBlocks];
  readonly #calls: GrpcCalls;

  constructor(sink: MessageSink, settings: DecoderSettings) {
    super(grpcFraming, sink, settings.memory);
    const reader = new BlockReader();
    this.#blocks = [new HeaderBlocks(reader, settings.memory), new HeaderBlocks(reader, settings.memory)];
    this.#calls = new GrpcCalls(sink, reader, settings);
  }

  override lose(): void {
    super.lose();
    for (const blocks of this.#blocks) blocks.lose();
    this.#calls.lose();
  }

  override end(timeMs: number): void {
    if (!this.hasGivenUp) this.#calls.finish(timeMs);
  }

  override release(): void {
    super.release();
    for (const blocks of this.#blocks) blocks.release();
    this.#calls.release();
  }

  protected override read(direction: Direction, message: FramedMessage): void {
    const reason = this.#tell(direction, message);
    // What refers to earlier headers is no inside of anything.
    const isCertain = !message.isSuspect || reason === 'state_lost';
    if (reason !== undefined && isCertain) this.sink.undecodable(direction, reason);
  }

  /** It may have held headers. */
  protected override leftOut(direction: Direction): void {
    this.#blocks[direction].lose();
  }

  #tell(direction: Direction, message: FramedMessage): UndecodableReason | undefined {
    const { bytes, from, to, length, endMs } = message;
    const header = this.#header;
    // It is longer than any frame that begins so.
    if (length === PREFACE.length && bytes[from] === PREFACE.charCodeAt(0)) return undefined;
    if (to - from < HEADER_BYTES) {
      this.#blocks[direction].lose();
      return 'truncated';
    }
    header.read(bytes, from);
    const { type, flags, stream } = header;
    const at = from + HEADER_BYTES;
    if (holdsHeaders(type)) return this.#takeHeaders(direction, message);
    if (type === DATA) this.#calls.data(direction, stream, length, (flags & END_STREAM) !== 0, message);
    else if (type === RST_STREAM) {
      const code = at + WORD_BYTES <= to ? bigWordAt(bytes, at) : undefined;
      this.#calls.reset(direction, stream, code, endMs);
    } else if (type === GOAWAY && at + WORD_BYTES <= to)
      this.#calls.goAway(direction, bigWordAt(bytes, at) & STREAM_MASK, endMs);
    return undefined;
  }

  #takeHeaders(direction: Direction, message: FramedMessage): UndecodableReason | undefined {
    const blocks = this.#blocks[direction];
    const hasEnded = blocks.take(this.#header, message);
    if (hasEnded === undefined) return 'malformed';
    return hasEnded ? this.#calls.headers(direction, blocks, message.endMs) : undefined;
  }
}

/**
 * GRPC over HTTP/2: https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md. Each stream is a call. What is no gRPC is told as HTTP.
 */
export const grpc: Protocol = {
  ...grpcFraming,
  matching: 'id',
  convention: RPC,
  carriers: ['http'],
  spanAttributes: () => ({ 'network.protocol.name': 'http', 'network.protocol.version': '2' }),
  createDecoder: (sink, settings) => new GrpcDecoder(sink, settings),
};
