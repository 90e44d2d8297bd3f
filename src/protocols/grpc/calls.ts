import { type Direction, RECV, SEND } from '../direction.js';
import { httpFraming } from '../http/framing/index.js';
import type { RequestNames } from '../http/request-names.js';
import { requestNamesOf } from '../http/request-names-of.js';
import type { AnswerDoubt, DecoderSettings, MessageSink, UndecodableReason } from '../protocol.js';
import { isTraceparent, isTracestate } from '../trace-context.js';
import { isGrpcType, methodOf, requestAttributes, requestName } from './call-names.js';
import type { HeaderBlocks } from './header-blocks.js';
import type { BlockReader } from './hpack/block-reader.js';
import * as header from './hpack/header-field.js';
import { GRPC, HTTP, type OpenStream, OpenStreams, UNKNOWN } from './open-streams.js';
import * as outcomes from './outcome.js';
import { leftStatus, resetName, resetStatus } from './reset-codes.js';

/** https://www.rfc-editor.org/rfc/rfc7540#section-3.2: where the request is answered that asked for HTTP/2 in HTTP/1.1. */
const STREAM_OF_UPGRADE = 1;

/**
 * Tells of streams as calls:
 *
 *   headers with a path ──► request ── headers with a status, data ──► headers or data that end the stream ──► response
 *                              └────────── RST_STREAM of either side, GOAWAY, the end of the connection ──────────┘
 *
 * Who asks is seen by what is in the headers: there may be connections on which it is the server.
 */
export class GrpcCalls {
  readonly #sink: MessageSink;
  readonly #reader: BlockReader;
  readonly #streams: OpenStreams;
  readonly #names: RequestNames;
  readonly #tellsHttp: boolean;
  readonly #isSuccessor: boolean;

  /** `reader`: has the block of headers that has ended. */
  constructor(sink: MessageSink, reader: BlockReader, settings: DecoderSettings) {
    const { memory, routes, carriers, isSuccessor = false } = settings;
    this.#sink = sink;
    this.#reader = reader;
    this.#streams = new OpenStreams(memory);
    this.#names = requestNamesOf(routes);
    this.#tellsHttp = carriers?.includes(httpFraming.name) === true;
    this.#isSuccessor = isSuccessor;
  }

  /** A block of headers has ended. Why it is not understood, if it is not. */
  headers(direction: Direction, block: HeaderBlocks, endMs: number): UndecodableReason | undefined {
    const reader = this.#reader;
    if (block.isPromise) return reader.isMalformed ? 'malformed' : undefined;
    const { stream: number } = block;
    const stream = this.#streams.get(number);
    if (stream === undefined) return this.#begin(direction, block, endMs);
    // Behind the data of a request: nobody sends any, but some may.
    if (stream.direction === direction) stream.requestBytes += block.length;
    else this.#respond(stream, block, endMs);
    return undefined;
  }

  data(direction: Direction, number: number, bytes: number, endsStream: boolean, times: Times): void {
    const stream = this.#streams.get(number);
    if (stream === undefined) return;
    if (stream.direction === direction) {
      stream.requestBytes += bytes;
      return;
    }
    stream.responseBytes += bytes;
    stream.firstByteMs ??= times.beginMs;
    if (!endsStream) return;
    if (stream.kind === GRPC)
      this.#end(number, stream, this.#callOutcome(stream, undefined, stream.doubt), times.endMs);
    else this.#endExchange(number, stream, times.endMs);
  }

  /** A stream was reset; `code` is undefined where it was not captured. */
  reset(direction: Direction, number: number, code: number | undefined, timeMs: number): void {
    const stream = this.#streams.get(number);
    if (stream === undefined) return;
    const isLeft = stream.direction === direction;
    if (code === undefined) this.#end(number, stream, outcomes.doubtful('truncated'), timeMs);
    else if (stream.kind === GRPC) this.#resetCall(number, stream, code, isLeft, timeMs);
    // Who leaves has seen enough of what there was.
    else if (isLeft && stream.status !== undefined) this.#endExchange(number, stream, timeMs);
    else this.#end(number, stream, outcomes.carrierFailure(resetName(code)), timeMs);
    if (isLeft) this.#streams.leave(number);
  }

  /** Streams above a number that the other side has begun were not taken on, and will not be. */
  goAway(direction: Direction, last: number, timeMs: number): void {
    for (const [number, stream] of this.#streams.above(last, against(direction))) {
      const outcome =
        stream.kind === GRPC
          ? outcomes.statusOutcome('UNAVAILABLE', stream.direction)
          : outcomes.carrierFailure('REFUSED_STREAM');
      this.#end(number, stream, outcome, timeMs);
    }
  }

  /** The connection has ended: what has been answered in part will not be told more of. */
  finish(timeMs: number): void {
    for (const [number, stream] of this.#streams) {
      if (stream.firstByteMs !== undefined)
        this.#end(number, stream, outcomes.doubtful('unfinished'), timeMs);
    }
  }

  lose(): void {
    this.#streams.lose();
  }

  release(): void {
    this.#streams.forget();
  }

  /** The first that is seen of a stream are these headers. */
  #begin(direction: Direction, block: HeaderBlocks, endMs: number): UndecodableReason | undefined {
    const reader = this.#reader;
    if (reader.value(header.PATH) !== undefined || reader.value(header.METHOD) !== undefined)
      return this.#ask(direction, block);
    const isAnswer =
      reader.value(header.STATUS) !== undefined || reader.value(header.GRPC_STATUS) !== undefined;
    if (!isAnswer) return this.#problem;
    if (this.#streams.wasLeft(block.stream)) return undefined;
    // Its request was lost, or not understood.
    const stream = this.#streams.open(block.stream, against(direction));
    if (stream === undefined) return 'too_large';
    stream.isTold = !this.#isSuccessor || block.stream !== STREAM_OF_UPGRADE;
    this.#respond(stream, block, endMs);
    return undefined;
  }

  #ask(direction: Direction, block: HeaderBlocks): UndecodableReason | undefined {
    const reader = this.#reader;
    const kind = this.#kind;
    const path = reader.value(header.PATH);
    const method = reader.value(header.METHOD);
    if (reader.isMalformed) return 'malformed';
    if (kind === UNKNOWN || (path === undefined && reader.isPartial)) return this.#problem;
    if (kind === HTTP && method === undefined) return this.#problem ?? 'not_a_message';
    const name = kind === GRPC ? methodOf(path ?? '') : requestName(this.#names, method ?? '', path ?? '');
    if (name === '') return 'not_a_message';
    const stream = this.#streams.open(block.stream, direction);
    if (stream === undefined) return 'too_large';
    stream.kind = kind;
    stream.beginMs = block.beginMs;
    stream.timeoutMs = outcomes.timeoutOf(reader.value(header.GRPC_TIMEOUT));
    stream.isTold = kind === GRPC || this.#tellsHttp;
    if (stream.isTold) this.#request(name, stream, block);
    return undefined;
  }

  #request(method: string, { direction, kind, beginMs }: OpenStream, block: HeaderBlocks): void {
    const reader = this.#reader;
    const id = String(block.stream);
    const parent = reader.value(header.TRACEPARENT);
    const state = reader.value(header.TRACESTATE);
    const traceparent = parent !== undefined && isTraceparent(parent) ? parent : undefined;
    const hasState = traceparent !== undefined && state !== undefined && isTracestate(state);
    const isHttp = kind === HTTP;
    this.#sink.request({
      kind: 'request',
      direction,
      method,
      id,
      idText: isHttp ? undefined : id,
      isIdUnknown: false,
      isAnsweredElsewhere: false,
      carrier: isHttp ? httpFraming.name : undefined,
      timeMs: beginMs,
      bytes: block.length,
      traceparent,
      tracestate: hasState ? state : undefined,
      payload: undefined,
      attributes: isHttp ? requestAttributes(reader.value(header.METHOD) ?? '') : undefined,
    });
  }

  /** Headers of a response, which may be the last of it. */
  #respond(stream: OpenStream, block: HeaderBlocks, endMs: number): void {
    const reader = this.#reader;
    const { endsStream, stream: number } = block;
    stream.responseBytes += block.length;
    const status = reader.value(header.STATUS);
    if (outcomes.isInterim(status) && !endsStream) return;
    const isFirst = stream.status === undefined;
    stream.firstByteMs ??= block.beginMs;
    stream.status ??= status;
    if (isFirst && status === undefined) stream.doubt ??= this.#doubt;
    if (stream.kind === UNKNOWN) this.#learnKind(stream);
    if (!endsStream) return;
    const grpcStatus = reader.value(header.GRPC_STATUS);
    if (stream.kind === GRPC || grpcStatus !== undefined)
      this.#end(number, stream, this.#callOutcome(stream, grpcStatus, this.#doubt), endMs);
    else this.#endExchange(number, stream, endMs);
  }

  /** Of a stream of which the request is not known. */
  #learnKind(stream: OpenStream): void {
    if (this.#reader.value(header.CONTENT_TYPE) === undefined) return;
    stream.kind = this.#kind;
    stream.isTold &&= stream.kind === GRPC || this.#tellsHttp;
  }

  #callOutcome(
    { status, direction }: OpenStream,
    grpcStatus: string | undefined,
    doubt: AnswerDoubt | undefined,
  ): outcomes.Outcome {
    return outcomes.callOutcome(grpcStatus, status, doubt, direction);
  }

  #resetCall(number: number, stream: OpenStream, code: number, isLeft: boolean, timeMs: number): void {
    const { beginMs, timeoutMs, direction } = stream;
    let status = isLeft ? leftStatus(code) : resetStatus(code);
    // What answers is no gRPC: that it does not, is all that the client wants to know.
    const failure = isLeft && status === 'CANCELLED' ? outcomes.foreignFailure(stream.status) : undefined;
    // Servers watch the deadline, too, and those of Go cancel the stream before the client does.
    if (status === 'CANCELLED' && outcomes.isOverdue(timeMs - beginMs, timeoutMs))
      status = 'DEADLINE_EXCEEDED';
    this.#end(number, stream, failure ?? outcomes.statusOutcome(status, direction), timeMs);
  }

  #endExchange(number: number, stream: OpenStream, timeMs: number): void {
    const { status, doubt } = stream;
    const outcome =
      status === undefined ? outcomes.doubtful(doubt ?? 'no_outcome') : outcomes.exchangeOutcome(status);
    this.#end(number, stream, outcome, timeMs);
  }

  #end(number: number, stream: OpenStream, outcome: outcomes.Outcome, timeMs: number): void {
    this.#streams.close(number);
    if (!stream.isTold) return;
    const { direction, kind, firstByteMs, requestBytes, responseBytes } = stream;
    this.#sink.response({
      kind: 'response',
      direction: against(direction),
      id: String(number),
      error: outcome.error,
      doubt: outcome.doubt,
      statusCode: outcome.statusCode,
      firstByteMs: kind === HTTP ? firstByteMs : undefined,
      timeMs,
      bytes: responseBytes,
      requestBytes,
      payload: undefined,
    });
  }

  /** What the content type in the block at hand says; without one, it is no gRPC. */
  get #kind(): number {
    const type = this.#reader.value(header.CONTENT_TYPE);
    if (type === undefined) return this.#reader.isPartial ? UNKNOWN : HTTP;
    return isGrpcType(type) ? GRPC : HTTP;
  }

  /** Why something may be missing in the block at hand. */
  get #problem(): UndecodableReason | undefined {
    const { isMalformed, isCut, isLost } = this.#reader;
    if (isMalformed) return 'malformed';
    if (isCut) return 'truncated';
    return isLost ? 'state_lost' : undefined;
  }

  get #doubt(): AnswerDoubt | undefined {
    const problem = this.#problem;
    return problem === 'malformed' ? 'not_understood' : (problem as AnswerDoubt | undefined);
  }
}

/** When the first and the last byte of a frame came, monotonic ms. */
export interface Times {
  readonly beginMs: number;
  readonly endMs: number;
}

function against(direction: Direction): Direction {
  return direction === SEND ? RECV : SEND;
}
