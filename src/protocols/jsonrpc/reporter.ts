import { OTHER } from '../conventions.js';
import type { Direction } from '../direction.js';
import type { CallError, DecoderSettings, MessageSink, UndecodableReason } from '../protocol.js';
import { cut, decodeUtf8 } from '../text.js';
import { isTraceparent, isTracestate } from '../trace-context.js';
import { readId, readNumber } from './call-id.js';
import type { Envelope } from './envelope.js';
import type { MethodNames } from './method-names.js';
import { readText } from './text.js';
import { ABSENT, NULL, NUMBER, STRING, type Token } from './token.js';

/** UTF-16 units of what a server says of an error, and bytes of its code. */
const ERROR_MESSAGE_LENGTH_MAX = 256;
const ERROR_CODE_BYTES_MAX = 64;

const PAYLOAD_BYTES_MAX = 64 * 1024;
const TRACE_BYTES_MAX = 1024;

/** When a message was seen, monotonic ms, and its length. */
export interface Occurrence {
  readonly beginMs: number;
  readonly endMs: number;
  readonly bytes: number;
}

/** Turns an envelope into what a sink is told. */
export class Reporter {
  readonly #direction: Direction;
  readonly #sink: MessageSink;
  readonly #keepPayload: boolean;
  readonly #methods: MethodNames;

  constructor(direction: Direction, sink: MessageSink, settings: DecoderSettings, methods: MethodNames) {
    this.#direction = direction;
    this.#sink = sink;
    this.#keepPayload = settings.keepPayload;
    this.#methods = methods;
  }

  /**
   * Tells of the message. `idBytes` are those that the token of the id speaks of. `isComplete`: the whole
   * message was read. A reason when it is neither a request nor a response.
   */
  report(
    envelope: Envelope,
    idBytes: Uint8Array,
    isComplete: boolean,
    when: Occurrence,
  ): UndecodableReason | undefined {
    if (envelope.method.type !== ABSENT) return this.#request(envelope, idBytes, isComplete, when);
    const isAnswer = envelope.result.type !== ABSENT || envelope.error.type !== ABSENT;
    if (isAnswer) return this.#response(envelope, idBytes, isComplete, when);
    return isComplete ? 'not_a_message' : 'truncated';
  }

  #request(
    envelope: Envelope,
    idBytes: Uint8Array,
    isComplete: boolean,
    when: Occurrence,
  ): UndecodableReason | undefined {
    const { method: token, params, bytes } = envelope;
    if (token.type !== STRING) return 'not_a_message';
    if (!token.isWhole) return 'truncated';
    const method = this.#methods.read(bytes, token.from, token.to);
    if (method === undefined) return 'malformed';
    const { id, text, isUnknown, isInvalid } = readId(idBytes, envelope.id, isComplete);
    if (isInvalid) return 'not_a_message';
    const traceparent = traceText(bytes, envelope.traceparent, isTraceparent);
    this.#sink.request({
      kind: 'request',
      direction: this.#direction,
      method,
      id,
      idText: text,
      isIdUnknown: isUnknown,
      isAnsweredElsewhere: false,
      timeMs: when.beginMs,
      bytes: when.bytes,
      traceparent,
      tracestate: traceparent === undefined ? undefined : traceText(bytes, envelope.tracestate, isTracestate),
      payload: this.#payload(bytes, params),
    });
    return undefined;
  }

  #response(
    envelope: Envelope,
    idBytes: Uint8Array,
    isComplete: boolean,
    when: Occurrence,
  ): UndecodableReason | undefined {
    // Without an id it answers nothing: servers say null when they could not read that of the request.
    if (isComplete && envelope.id.type === ABSENT) return 'not_a_message';
    const { id, isInvalid } = readId(idBytes, envelope.id, isComplete);
    if (isInvalid) return 'not_a_message';
    const isError = envelope.error.type !== ABSENT && envelope.error.type !== NULL;
    this.#sink.response({
      kind: 'response',
      direction: this.#direction,
      id,
      error: isError ? readError(envelope) : undefined,
      doubt: undefined,
      timeMs: when.endMs,
      bytes: when.bytes,
      payload: this.#payload(envelope.bytes, isError ? envelope.error : envelope.result),
    });
    return undefined;
  }

  #payload(bytes: Uint8Array, token: Token): string | undefined {
    if (!this.#keepPayload || token.type === ABSENT) return undefined;
    const quote = token.type === STRING ? 1 : 0;
    const from = token.from - quote;
    const to = token.isWhole ? token.to + quote : token.to;
    return decodeUtf8(bytes, from, Math.min(to, from + PAYLOAD_BYTES_MAX));
  }
}

/** Version 1.0 of JSON-RPC leaves open what an error is. */
function readError({ bytes, error, errorCode, errorMessage }: Envelope): CallError {
  const message = error.type === STRING ? error : errorMessage;
  return { code: readCode(bytes, errorCode) ?? OTHER, message: readMessage(bytes, message) };
}

function readCode(bytes: Uint8Array, token: Token): string | undefined {
  if (!token.isWhole || token.to - token.from > ERROR_CODE_BYTES_MAX) return undefined;
  if (token.type === NUMBER) return readNumber(bytes, token.from, token.to);
  return token.type === STRING ? readText(bytes, token.from, token.to) : undefined;
}

function readMessage(bytes: Uint8Array, token: Token): string {
  if (token.type !== STRING || !token.isWhole) return '';
  return cut(readText(bytes, token.from, token.to) ?? '', ERROR_MESSAGE_LENGTH_MAX);
}

function traceText(bytes: Uint8Array, token: Token, isValid: (text: string) => boolean): string | undefined {
  if (token.type !== STRING || !token.isWhole || token.to - token.from > TRACE_BYTES_MAX) return undefined;
  const text = readText(bytes, token.from, token.to);
  return text !== undefined && isValid(text) ? text : undefined;
}
