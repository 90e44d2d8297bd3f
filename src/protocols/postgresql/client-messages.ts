import { OTHER } from '../conventions.js';
import { SEND } from '../direction.js';
import type { FramedMessage } from '../framed-decoder.js';
import { bigWordAt } from '../framing/words.js';
import type { DecoderSettings, MessageSink } from '../protocol.js';
import { POSTGRESQL } from '../sql/dialect.js';
import { SqlSummary } from '../sql/summary.js';
import { decodeUtf8 } from '../text.js';
import type { AnswerKind, ExpectedAnswers } from './expected-answers.js';
import {
  BIND,
  CANCEL_CODE,
  CLOSE,
  COPY_DATA,
  COPY_DONE,
  COPY_FAIL,
  DESCRIBE,
  EXECUTE,
  FLUSH,
  FUNCTION_CALL,
  GSS_CODE,
  HEADER_BYTES,
  LENGTH_BYTES,
  NO_TYPE,
  OPENING_BYTES,
  PARSE,
  QUERY,
  SSL_CODE,
  SYNC,
} from './framing/messages.js';
import { databaseOf, endOfText } from './message-fields.js';
import { Preparation } from './preparation.js';
import { NamedStatements, type Statement, UNKNOWN_STATEMENT } from './statements.js';

/** It keeps nothing between calls. */
const summary = new SqlSummary(POSTGRESQL);

const TEXT_BYTES_MAX = 64 * 1024;
/** Of the text of a prepared statement, which is kept. */
const PREPARED_TEXT_BYTES_MAX = 4096;

const LETTER_S = 0x53;

/** What calls are called that have no SQL. */
const CANCEL = 'CANCEL';
const CALL = 'CALL';
const PREPARE = 'PREPARE';
const PREPARATIONS: ReadonlyMap<number, string> = new Map([
  [BIND, 'BIND'],
  [DESCRIBE, 'DESCRIBE'],
  [CLOSE, 'CLOSE'],
]);

/** Reads what a client sends, and tells of its calls: each Query, Execute and FunctionCall, and what it sends without an Execute. */
export class ClientMessages {
  readonly #sink: MessageSink;
  readonly #keepPayload: boolean;
  readonly #answers: ExpectedAnswers;
  readonly #statements: NamedStatements;
  readonly #portals: NamedStatements;
  readonly #preparation = new Preparation();
  /** What the preparation at hand prepares first. */
  #prepared: Statement | undefined;
  #namespace: string | undefined;
  /** The client has asked for encryption; what the server says of it is one byte. */
  hasAskedForEncryption = false;
  #isInTurn = false;
  /** There was an Execute since the last Sync or Flush. */
  #hasExecuted = false;
  #calls = 0;

  constructor(sink: MessageSink, { keepPayload, memory }: DecoderSettings, answers: ExpectedAnswers) {
    this.#sink = sink;
    this.#keepPayload = keepPayload;
    this.#answers = answers;
    this.#statements = new NamedStatements(memory);
    this.#portals = new NamedStatements(memory);
  }

  read(message: FramedMessage): void {
    const type = message.bytes[message.from];
    if (type === NO_TYPE) {
      this.#open(message);
      return;
    }
    if (type === COPY_DONE || type === COPY_FAIL) this.#answers.isCopyingIn = false;
    else if (type === SYNC || type === FLUSH) {
      if (!this.#answers.isCopyingIn) this.#finish(message, type);
    } else if (type !== COPY_DATA) this.#ask(message, type);
  }

  /** Messages were missed: what has a name still has it, as far as can be told. */
  miss(): void {
    this.#restart();
    this.#isInTurn = this.#hasExecuted = false;
    this.#statements.forgetUnnamed();
    this.#portals.forget();
  }

  release(): void {
    this.#statements.forget();
    this.#portals.forget();
  }

  #open(message: FramedMessage): void {
    const { bytes, from, to, beginMs, length } = message;
    if (to - from < OPENING_BYTES) return;
    const code = bigWordAt(bytes, from + LENGTH_BYTES);
    if (code === CANCEL_CODE) this.#tell(CANCEL, undefined, undefined, beginMs, length);
    else if (code === SSL_CODE || code === GSS_CODE) this.hasAskedForEncryption = true;
    else this.#namespace = databaseOf(message);
  }

  #ask(message: FramedMessage, type: number): void {
    switch (type) {
      case QUERY:
        this.#query(message);
        break;
      case FUNCTION_CALL:
        this.#begin();
        this.#answered('query', CALL, undefined, message.beginMs, message.length);
        this.#isInTurn = this.#hasExecuted = false;
        break;
      case PARSE:
        this.#parse(message);
        break;
      case BIND:
        this.#bind(message);
        break;
      case DESCRIBE:
        this.#prepare(message);
        break;
      case CLOSE:
        this.#close(message);
        break;
      case EXECUTE:
        this.#execute(message);
    }
  }

  #query(message: FramedMessage): void {
    const { bytes, from, to, isWhole, beginMs, length } = message;
    const textEnd = endOfText(bytes, from + HEADER_BYTES, to);
    const { method, text } = this.#statement(message, from + HEADER_BYTES, textEnd, isWhole, TEXT_BYTES_MAX);
    this.#begin();
    this.#statements.forgetUnnamed();
    this.#answered('query', method, text, beginMs, length);
    this.#isInTurn = this.#hasExecuted = false;
  }

  #parse(message: FramedMessage): void {
    const { bytes, from, to } = message;
    this.#prepare(message);
    const nameEnd = endOfText(bytes, from + HEADER_BYTES, to);
    const textEnd = endOfText(bytes, nameEnd + 1, to);
    const statement = this.#statement(message, nameEnd + 1, textEnd, textEnd < to, PREPARED_TEXT_BYTES_MAX);
    this.#prepared ??= statement;
    if (nameEnd < to) this.#statements.set(bytes, from + HEADER_BYTES, nameEnd, statement);
    else this.#statements.forgetUnnamed();
  }

  #bind(message: FramedMessage): void {
    const { bytes, from, to } = message;
    this.#prepare(message);
    const portalEnd = endOfText(bytes, from + HEADER_BYTES, to);
    const statementEnd = endOfText(bytes, portalEnd + 1, to);
    if (portalEnd >= to) {
      this.#portals.forgetUnnamed();
      return;
    }
    const isKnown = statementEnd < to;
    const statement = isKnown ? this.#statements.get(bytes, portalEnd + 1, statementEnd) : UNKNOWN_STATEMENT;
    this.#portals.set(bytes, from + HEADER_BYTES, portalEnd, statement);
  }

  #close(message: FramedMessage): void {
    const { bytes, from, to } = message;
    this.#prepare(message);
    const nameEnd = endOfText(bytes, from + HEADER_BYTES + 1, to);
    if (nameEnd >= to) return;
    const closed = bytes[from + HEADER_BYTES] === LETTER_S ? this.#statements : this.#portals;
    closed.delete(bytes, from + HEADER_BYTES + 1, nameEnd);
  }

  #execute(message: FramedMessage): void {
    const { bytes, from, to, beginMs, length } = message;
    const preparation = this.#preparation;
    const portalEnd = endOfText(bytes, from + HEADER_BYTES, to);
    const { method, text } =
      portalEnd < to ? this.#portals.get(bytes, from + HEADER_BYTES, portalEnd) : UNKNOWN_STATEMENT;
    const firstMs = preparation.messages > 0 ? preparation.beginMs : beginMs;
    this.#begin();
    this.#answered('execute', method, text, firstMs, preparation.bytes + length);
    this.#hasExecuted = true;
    this.#restart();
  }

  /** A Sync or a Flush ends what is to be answered without an Execute. */
  #finish({ length }: FramedMessage, type: number): void {
    const { messages, beginMs, bytes, isClosing } = this.#preparation;
    if (type === SYNC || messages > 0) this.#begin();
    // Who closes the portal behind the Execute has asked for no more than that, and the Sync ends it.
    const isOfExecute = type === SYNC && isClosing && this.#hasExecuted;
    if (messages > 0 && !isOfExecute) {
      const text = this.#prepared?.text;
      this.#answered('preparation', this.#preparationName(), text, beginMs, bytes + length, messages);
    }
    this.#restart();
    this.#hasExecuted = false;
    if (type !== SYNC) return;
    this.#answers.add('sync', 0);
    this.#isInTurn = false;
  }

  #preparationName(): string {
    if (this.#prepared === undefined) return PREPARATIONS.get(this.#preparation.type) ?? OTHER;
    const { method } = this.#prepared;
    return method === OTHER ? PREPARE : `${PREPARE} ${method}`;
  }

  #prepare(message: FramedMessage): void {
    this.#begin();
    this.#preparation.take(message);
  }

  #begin(): void {
    this.#answers.isCopyingIn = false;
    if (this.#isInTurn) return;
    this.#isInTurn = true;
    this.#answers.begin();
  }

  #restart(): void {
    this.#preparation.restart();
    this.#prepared = undefined;
  }

  /** The statement in bytes[from, to) of a message. */
  #statement(
    { bytes }: FramedMessage,
    from: number,
    to: number,
    isWhole: boolean,
    bytesMax: number,
  ): Statement {
    if (from >= to) return UNKNOWN_STATEMENT;
    const text = this.#keepPayload ? decodeUtf8(bytes, from, Math.min(to, from + bytesMax)) : undefined;
    return { method: summary.read(bytes, from, to, !isWhole) || OTHER, text };
  }

  #answered(
    kind: AnswerKind,
    method: string,
    payload: string | undefined,
    timeMs: number,
    bytes: number,
    messages = 0,
  ): void {
    const call = ++this.#calls;
    this.#tell(method, String(call), payload, timeMs, bytes);
    this.#answers.add(kind, call, messages);
  }

  #tell(
    method: string,
    id: string | undefined,
    payload: string | undefined,
    timeMs: number,
    bytes: number,
  ): void {
    this.#sink.request({
      kind: 'request',
      direction: SEND,
      method,
      namespace: this.#namespace,
      id,
      idText: undefined,
      isIdUnknown: false,
      isAnsweredElsewhere: false,
      timeMs,
      bytes,
      traceparent: undefined,
      tracestate: undefined,
      payload,
    });
  }
}
