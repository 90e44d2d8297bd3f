import { RECV } from '../direction.js';
import type { FramedMessage } from '../framed-decoder.js';
import type { AnswerDoubt, CallError, DecoderSettings, MessageSink } from '../protocol.js';
import { decodeUtf8 } from '../text.js';
import type { ExpectedAnswer, ExpectedAnswers } from './expected-answers.js';
import {
  AUTHENTICATION,
  BIND_COMPLETE,
  CLOSE_COMPLETE,
  COMMAND_COMPLETE,
  COPY_IN,
  EMPTY_QUERY,
  ERROR,
  HEADER_BYTES,
  KEY_DATA,
  NEGOTIATE_VERSION,
  NO_DATA,
  NOTICE,
  NOTIFICATION,
  PARAMETER_STATUS,
  PARSE_COMPLETE,
  PORTAL_SUSPENDED,
  READY,
  ROW_DESCRIPTION,
} from './framing/messages.js';
import { endOfText, errorText, sqlState } from './message-fields.js';

const TEXT_BYTES_MAX = 4096;

/** The id of an answer to nothing that is known. Calls begin at 1. */
const NO_CALL = '0';

/** What a client hears that listens. */
const NOTIFY = 'NOTIFY';

/** The server skips what follows an error, up to the next Sync. PGRES_PIPELINE_ABORTED is libpq's word for it. */
const ABORTED: CallError = { code: 'pipeline_aborted', isForeign: true, message: '' };

/** Reads what a server sends, and tells of answers. */
export class ServerMessages {
  readonly #sink: MessageSink;
  readonly #keepPayload: boolean;
  readonly #answers: ExpectedAnswers;
  /** Until the server is ready for the first time, nothing answers a call. */
  #isStarting = true;
  /** Of the answer at hand: its bytes so far, its error, and what it says of its end, if payload is kept. */
  #bytes = 0;
  #error: CallError | undefined;
  #text: string | undefined;
  /** What was answered since the last ReadyForQuery is not known. */
  #hasStrayed = false;
  /** What is asked up to the next Sync is skipped. */
  #isAborting = false;

  constructor(sink: MessageSink, { keepPayload }: DecoderSettings, answers: ExpectedAnswers) {
    this.#sink = sink;
    this.#keepPayload = keepPayload;
    this.#answers = answers;
  }

  read(message: FramedMessage): void {
    const type = message.bytes[message.from];
    if (type === NOTIFICATION) this.#notify(message);
    else if (this.#isStarting) this.#start(type);
    else if (this.#answers.first !== undefined || !isAsynchronous(type)) this.#answer(message, type);
  }

  /** Messages were missed. */
  miss(): void {
    this.#restart();
    this.#isStarting = this.#isAborting = this.#hasStrayed = false;
  }

  /** The connection has ended. */
  end(timeMs: number): void {
    const { first } = this.#answers;
    if (first === undefined || first.kind === 'sync') return;
    if (this.#error !== undefined) this.#respond(first, this.#error, undefined, timeMs);
    else if (this.#bytes > 0) this.#respond(first, undefined, 'unfinished', timeMs);
  }

  #start(type: number): void {
    const isOfStart =
      type === AUTHENTICATION ||
      type === KEY_DATA ||
      type === NEGOTIATE_VERSION ||
      type === ERROR ||
      isAsynchronous(type);
    if (!isOfStart) this.#isStarting = false;
  }

  #answer(message: FramedMessage, type: number): void {
    const { first } = this.#answers;
    this.#bytes += message.length;
    switch (type) {
      case READY:
        this.#ready(message.endMs);
        break;
      case ERROR:
        this.#fail(message, first);
        break;
      case COMMAND_COMPLETE:
      case EMPTY_QUERY:
      case PORTAL_SUSPENDED:
        if (type === COMMAND_COMPLETE) this.#text = this.#tagOf(message);
        this.#answers.isCopyingIn = false;
        if (first?.kind === 'execute') this.#complete(first, message.endMs);
        this.#hasStrayed ||= first?.kind === 'sync';
        break;
      case PARSE_COMPLETE:
      case BIND_COMPLETE:
      case CLOSE_COMPLETE:
      case ROW_DESCRIPTION:
      case NO_DATA:
        if (first?.kind === 'preparation' && --first.messages === 0) this.#complete(first, message.endMs);
        break;
      case COPY_IN:
        // The server ignores a Sync that was sent before the data.
        if (first?.kind === 'execute') this.#answers.dropSyncs();
        this.#answers.isCopyingIn = true;
    }
  }

  /** Nothing comes any more but, if that is next, ReadyForQuery: without a transaction the Sync before it commits, and may fail. */
  #complete(first: ExpectedAnswer, timeMs: number): void {
    first.isComplete = true;
    if (!this.#answers.isSyncNext) this.#finish(first, this.#error, undefined, timeMs);
  }

  #fail(message: FramedMessage, first: ExpectedAnswer | undefined): void {
    this.#answers.isCopyingIn = false;
    // The first is the cause.
    this.#error ??= { code: sqlState(message), message: '' };
    this.#text = this.#keepPayload ? errorText(message, TEXT_BYTES_MAX) : undefined;
    if (first?.kind === 'query') return;
    this.#isAborting = true;
    // Whoever prepares a call in one write and sends the rest in another, as PgBouncer does, may have the error between them.
    if (first === undefined) return;
    if (first.kind === 'sync') this.#hasStrayed = true;
    else this.#complete(first, message.endMs);
  }

  #ready(timeMs: number): void {
    const answers = this.#answers;
    let { first } = answers;
    for (; first !== undefined && !this.#isAnsweredBy(first); first = answers.first) {
      if (first.isComplete) this.#finish(first, this.#error, undefined, timeMs);
      else if (this.#isAborting) this.#finish(first, this.#error ?? ABORTED, undefined, timeMs);
      else this.#finish(first, undefined, 'no_outcome', timeMs);
    }
    if (first?.kind === 'query') this.#finish(first, this.#error, undefined, timeMs);
    else {
      const isStray = this.#hasStrayed || first === undefined;
      if (isStray && answers.isKnown) this.#respond(undefined, this.#error, undefined, timeMs);
      if (first !== undefined) answers.shift();
    }
    this.#restart();
    this.#isAborting = this.#hasStrayed = false;
    // None of those that were not remembered was told.
    if (answers.ready()) this.#sink.undecodable(RECV, 'too_large');
  }

  /** Whether ReadyForQuery is the end of an answer. */
  #isAnsweredBy({ kind }: ExpectedAnswer): boolean {
    return kind === 'sync' || (kind === 'query' && !this.#isAborting);
  }

  #finish(
    first: ExpectedAnswer,
    error: CallError | undefined,
    doubt: AnswerDoubt | undefined,
    timeMs: number,
  ): void {
    this.#respond(first, error, doubt, timeMs);
    this.#answers.shift();
  }

  /** `answer`: undefined where it is not known to what. */
  #respond(
    answer: ExpectedAnswer | undefined,
    error: CallError | undefined,
    doubt: AnswerDoubt | undefined,
    timeMs: number,
  ): void {
    this.#sink.response({
      kind: 'response',
      direction: RECV,
      id: answer === undefined ? NO_CALL : String(answer.call),
      error,
      doubt,
      timeMs,
      bytes: this.#bytes,
      payload: this.#text,
    });
    this.#restart();
  }

  #restart(): void {
    this.#bytes = 0;
    this.#error = this.#text = undefined;
  }

  #notify({ beginMs, length }: FramedMessage): void {
    this.#sink.request({
      kind: 'request',
      direction: RECV,
      method: NOTIFY,
      id: undefined,
      idText: undefined,
      isIdUnknown: false,
      isAnsweredElsewhere: false,
      timeMs: beginMs,
      bytes: length,
      traceparent: undefined,
      tracestate: undefined,
      payload: undefined,
    });
  }

  #tagOf({ bytes, from, to }: FramedMessage): string | undefined {
    if (!this.#keepPayload) return undefined;
    const end = endOfText(bytes, from + HEADER_BYTES, to);
    return decodeUtf8(bytes, from + HEADER_BYTES, Math.min(end, from + TEXT_BYTES_MAX));
  }
}

/** Whether a message may come at any time, and answers nothing. */
function isAsynchronous(type: number): boolean {
  return type === NOTICE || type === PARAMETER_STATUS;
}
