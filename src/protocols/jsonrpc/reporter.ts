import { OTHER } from '../conventions.js';
import type { Direction } from '../direction.js';
import type { MethodNames } from '../json/method-names.js';
import { readText } from '../json/text.js';
import { ABSENT, isSomething, NULL, NUMBER, STRING, type Token } from '../json/token.js';
import type { AnswerDoubt, CallError, DecoderSettings, UndecodableReason } from '../protocol.js';
import { cut, decodeUtf8 } from '../text.js';
import { isTraceparent, isTracestate } from '../trace-context.js';
import { readId, readNumber } from './call-id.js';
import type { Dialect, Headers } from './dialect.js';
import type { Envelope } from './envelope.js';
import type { Conversation } from './plausibility.js';

/** UTF-16 units of what a server says of an error, and bytes of its code. */
const ERROR_MESSAGE_LENGTH_MAX = 256;
const ERROR_CODE_BYTES_MAX = 64;

const PAYLOAD_BYTES_MAX = 64 * 1024;
const TRACE_BYTES_MAX = 1024;

/** When a message was seen, monotonic ms, and its length. */
export interface Occurrence {
  beginMs: number;
  endMs: number;
  bytes: number;
  /** The connection ended before the message was seen to. */
  isBrokenOff: boolean;
  /** It ended before it was seen to: an answer to it may have been seen before it. */
  isOverdue: boolean;
  headers: Headers;
}

/** Turns an envelope into what a conversation is told. */
export class Reporter {
  readonly #direction: Direction;
  readonly #conversation: Conversation;
  readonly #keepPayload: boolean;
  readonly #methods: MethodNames;
  readonly #dialect: Dialect | undefined;

  constructor(
    direction: Direction,
    conversation: Conversation,
    settings: DecoderSettings,
    methods: MethodNames,
    dialect?: Dialect,
  ) {
    this.#direction = direction;
    this.#conversation = conversation;
    this.#keepPayload = settings.keepPayload;
    this.#methods = methods;
    this.#dialect = dialect;
  }

  /** Tells of the message. A reason when it is neither a request nor a response, or none that can be told of. */
  report(envelope: Envelope, when: Occurrence): UndecodableReason | undefined {
    return isAnswer(envelope) ? this.#response(envelope, when) : this.#request(envelope, when);
  }

  #request(envelope: Envelope, when: Occurrence): UndecodableReason | undefined {
    const { method: token, params } = envelope;
    if (token.type !== STRING) return 'not_a_message';
    if (!token.isWhole) return 'truncated';
    const method = this.#methods.read(token.bytes, token.from, token.to);
    if (method === undefined) return 'malformed';
    if (!this.#isRequest(envelope)) return strange(envelope);
    const { id, text, isUnknown, isInvalid } = readId(envelope.id, envelope.isConclusive);
    if (isInvalid) return 'not_a_message';
    // Version 1.0 marks a notification so. To version 2.0 it is an id, but many who write it expect no answer.
    const isNull = envelope.id.type === NULL;
    const isNotification = isNull && !envelope.isVersion2;
    if (isNull && !isNotification) this.#conversation.askedWithNull(this.#direction);
    const traceparent = traceText(envelope.traceparent, isTraceparent);
    this.#conversation.request({
      kind: 'request',
      direction: this.#direction,
      method,
      id: isNotification ? undefined : id,
      idText: text,
      isIdUnknown: isUnknown || (!isNotification && id !== undefined && (isNull || when.isOverdue)),
      isAnsweredElsewhere: false,
      timeMs: when.beginMs,
      bytes: when.bytes,
      traceparent,
      tracestate: traceparent === undefined ? undefined : traceText(envelope.tracestate, isTracestate),
      payload: this.#payload(params),
      ...this.#dialect?.meaningOf(envelope, method, this.#direction, when.headers),
    });
    return undefined;
  }

  #response(envelope: Envelope, when: Occurrence): UndecodableReason | undefined {
    const { result, error } = envelope;
    const isDecided = isPresent(result) || isPresent(error);
    if (!isDecided && !envelope.isConclusive) return 'truncated';
    if (!this.#isResponse(envelope, isDecided)) return strange(envelope);
    const { id, isInvalid } = readId(envelope.id, envelope.isConclusive);
    if (isInvalid) return 'not_a_message';
    const answered =
      envelope.id.type === NULL && !this.#conversation.answersNull(this.#direction) ? undefined : id;
    if (!isDecided && answered === undefined) return 'not_a_message';
    const isError = isSomething(error);
    this.#conversation.response({
      kind: 'response',
      direction: this.#direction,
      id: answered,
      error: isError ? readError(envelope) : undefined,
      doubt: doubtOf(envelope, when.isBrokenOff),
      inner: isError ? undefined : this.#dialect?.outcomeOf(envelope, when.headers),
      timeMs: when.endMs,
      bytes: when.bytes,
      payload: this.#payload(isError ? error : result),
    });
    return undefined;
  }

  /** Whether an object with a method is a request of JSON-RPC: Varlink's have one, too. */
  #isRequest({ version, id, params }: Envelope): boolean {
    return isPresent(version) || isPresent(id) || isPresent(params) || this.#conversation.isUnderstood;
  }

  /** Whether an object with a result or an error is an answer: those of many protocols have one of them. */
  #isResponse({ version, id, isConclusive }: Envelope, isDecided: boolean): boolean {
    if (isPresent(version)) return true;
    const conversation = this.#conversation;
    // Records of any kind have ids.
    const isExpected = isDecided ? conversation.mayAnswer(this.#direction) : conversation.isUnderstood;
    return isExpected && (isPresent(id) || !isConclusive);
  }

  #payload(token: Token): string | undefined {
    if (!this.#keepPayload || !isPresent(token)) return undefined;
    const quote = token.type === STRING ? 1 : 0;
    const from = token.from - quote;
    const to = token.isWhole ? token.to + quote : token.to;
    return decodeUtf8(token.bytes, from, Math.min(to, from + PAYLOAD_BYTES_MAX));
  }
}

/** Some programs write all members of both: requests with an error that is null, answers with a method that is empty. */
function isAnswer(envelope: Envelope): boolean {
  const { method, result, error } = envelope;
  if (method.type === ABSENT || envelope.hasOutcome) return true;
  const isEmpty = method.isWhole && method.from === method.to;
  return isEmpty && (isPresent(result) || isPresent(error));
}

function isPresent({ type }: Token): boolean {
  return type !== ABSENT;
}

/** Why a message is none that has no sign of JSON-RPC: there is none, or it lies beyond what was captured. */
function strange({ isConclusive }: Envelope): UndecodableReason {
  return isConclusive ? 'not_a_message' : 'truncated';
}

/**
 * A result that has begun is a success, and an error a failure. Only of null it depends on what else there is. Whoever asked
 * cannot read a result that the end of the connection has broken off.
 */
function doubtOf(envelope: Envelope, isBrokenOff: boolean): AnswerDoubt | undefined {
  const { result, error, isConclusive } = envelope;
  if (isBrokenOff && !isConclusive && !isSomething(error)) return 'truncated';
  if (envelope.hasOutcome || error.type === NULL) return undefined;
  if (result.type !== NULL) return 'no_outcome';
  // In version 1.0 there is an error beside it, in version 2.0 there is none.
  return isConclusive || envelope.isVersion2 ? undefined : 'truncated';
}

/** Version 1.0 of JSON-RPC leaves open what an error is. */
function readError({ error, errorCode, errorMessage }: Envelope): CallError {
  const message = error.type === STRING ? error : errorMessage;
  return { code: readCode(errorCode) ?? OTHER, message: readMessage(message) };
}

function readCode(token: Token): string | undefined {
  const { type, bytes, from, to, isWhole } = token;
  if (!isWhole || to - from > ERROR_CODE_BYTES_MAX) return undefined;
  if (type === NUMBER) return readNumber(bytes, from, to);
  return type === STRING ? readText(bytes, from, to) : undefined;
}

function readMessage({ type, bytes, from, to, isWhole }: Token): string {
  if (type !== STRING || !isWhole) return '';
  return cut(readText(bytes, from, to) ?? '', ERROR_MESSAGE_LENGTH_MAX);
}

function traceText(token: Token, isValid: (text: string) => boolean): string | undefined {
  const { type, bytes, from, to, isWhole } = token;
  if (type !== STRING || !isWhole || to - from > TRACE_BYTES_MAX) return undefined;
  const text = readText(bytes, from, to);
  return text !== undefined && isValid(text) ? text : undefined;
}
