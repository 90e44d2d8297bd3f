import { RPC } from '../conventions.js';
import { type Direction, RECV, SEND } from '../direction.js';
import { FramedDecoder, type FramedMessage } from '../framed-decoder.js';
import { statusName } from '../grpc/status-codes.js';
import type { AnswerDoubt, DecoderSettings, MessageSink, Protocol, UndecodableReason } from '../protocol.js';
import { FieldReader } from './field-reader.js';
import { DATA, FrameHeader, HEADER_BYTES, REMOTE_CLOSED, REMOTE_OPEN } from './framing/frame-header.js';
import { ttrpcFraming } from './framing/index.js';
import { OpenStreams } from './open-streams.js';
import { RequestReader } from './request-reader.js';

/** Fields of a response, and of the status in it. */
const STATUS = 1;
const CODE = 1;

class TtrpcDecoder extends FramedDecoder {
  readonly #header = new FrameHeader();
  readonly #request = new RequestReader();
  readonly #response = new FieldReader();
  readonly #status = new FieldReader();
  readonly #streams: OpenStreams;

  constructor(sink: MessageSink, { memory }: DecoderSettings) {
    super(ttrpcFraming, sink, memory);
    this.#streams = new OpenStreams(memory);
  }

  override lose(): void {
    super.lose();
    this.#streams.forget();
  }

  override end(timeMs: number): void {
    if (this.hasGivenUp) return;
    for (const stream of this.#streams.begun) this.#answer(stream, undefined, 'unfinished', 0, timeMs);
  }

  override release(): void {
    super.release();
    this.#streams.forget();
  }

  protected override read(direction: Direction, message: FramedMessage): void {
    const reason = this.#tell(direction, message);
    if (reason !== undefined && !message.isSuspect) this.sink.undecodable(direction, reason);
  }

  #tell(direction: Direction, message: FramedMessage): UndecodableReason | undefined {
    const { bytes, from, to, length, beginMs, endMs } = message;
    const header = this.#header;
    if (to - from < HEADER_BYTES) return 'truncated';
    header.read(bytes, from);
    const { stream, type, flags } = header;
    if (type !== DATA) return direction === SEND ? this.#ask(message, beginMs) : this.#read(message);
    if (direction === SEND) return undefined;
    if ((flags & REMOTE_CLOSED) === 0) this.#streams.add(stream, length);
    else this.#answer(stream, undefined, undefined, length, endMs);
    return undefined;
  }

  #ask(message: FramedMessage, timeMs: number): UndecodableReason | undefined {
    const reason = this.#request.read(message);
    if (reason !== undefined) return reason;
    const { stream, flags } = this.#header;
    const { method, traceparent, tracestate } = this.#request;
    // A call that has only one answer may not say that it is none of a stream.
    if ((flags & (REMOTE_OPEN | REMOTE_CLOSED)) !== 0) this.#streams.open(stream);
    const id = String(stream);
    this.sink.request({
      kind: 'request',
      direction: SEND,
      method,
      id,
      idText: id,
      isIdUnknown: false,
      isAnsweredElsewhere: false,
      timeMs,
      bytes: message.length,
      traceparent,
      tracestate: traceparent === undefined ? undefined : tracestate,
      payload: undefined,
    });
    return undefined;
  }

  /** Without a status, or with the code 0, a response is a success. */
  #read({ bytes, from, to, length, endMs, isWhole }: FramedMessage): UndecodableReason | undefined {
    const fields = this.#response;
    let code: number | undefined = 0;
    let end = from + HEADER_BYTES;
    fields.open(bytes, end, to);
    while (fields.next()) {
      end = fields.end;
      if (fields.field === STATUS && fields.hasLength) code = this.#code(bytes, fields.from, end, to);
    }
    if (fields.isMalformed || (isWhole && end > to)) return 'malformed';
    // Nothing is missing but a part of the field that was read last.
    const isConclusive = isWhole || end === from + length;
    const isDecided = code !== undefined && (code > 0 || isConclusive);
    this.#answer(
      this.#header.stream,
      isDecided ? code : undefined,
      isDecided ? undefined : 'truncated',
      length,
      endMs,
    );
    return undefined;
  }

  /** The code of a status that ends at bytes[end]; undefined if it lies beyond bytes[to]. */
  #code(bytes: Uint8Array, from: number, end: number, to: number): number | undefined {
    const status = this.#status;
    status.open(bytes, from, Math.min(end, to));
    while (status.next()) if (status.field === CODE && !status.hasLength) return status.value;
    return end <= to ? 0 : undefined;
  }

  #answer(
    stream: number,
    code: number | undefined,
    doubt: AnswerDoubt | undefined,
    bytes: number,
    timeMs: number,
  ): void {
    const hasFailed = code !== undefined && code > 0;
    this.sink.response({
      kind: 'response',
      direction: RECV,
      id: String(stream),
      error: hasFailed ? { code: statusName(code), message: '' } : undefined,
      doubt,
      timeMs,
      bytes: bytes + this.#streams.close(stream),
      payload: undefined,
    });
  }
}

/**
 * Ttrpc, which containerd and the shims of its containers speak: https://github.com/containerd/ttrpc. The client calls, on a
 * stream for each call. Calls may send and have sent to them any number of messages.
 */
export const ttrpc: Protocol = {
  ...ttrpcFraming,
  matching: 'id',
  convention: RPC,
  spanAttributes: () => ({}),
  createDecoder: (sink, settings) => new TtrpcDecoder(sink, settings),
};
