import { OTHER, SQL } from '../conventions.js';
import { type Direction, RECV, SEND } from '../direction.js';
import { FramedDecoder, type FramedMessage } from '../framed-decoder.js';
import { Meter } from '../framing/meter.js';
import { littleWordAt } from '../framing/words.js';
import {
  type AnswerDoubt,
  type DecoderSettings,
  IN_ORDER,
  type MessageSink,
  type Protocol,
  type UndecodableReason,
} from '../protocol.js';
import { decodeUtf8 } from '../text.js';
import { CommandReader } from './command-reader.js';
import { ExpectedAnswers } from './expected-answers.js';
import * as framer from './framing/answer-framer.js';
import { CommandFramer } from './framing/command-framer.js';
import * as commands from './framing/commands.js';
import { mysqlFraming } from './framing/index.js';
import {
  END_OF_ROWS,
  ERROR,
  ERROR_BYTES_MIN,
  HEADER_BYTES,
  LOCAL_INFILE,
  OK,
  STATUS_WITHIN,
} from './framing/packet.js';
import { Session } from './session.js';
import { Statements } from './statements.js';

const PAYLOAD_BYTES_MAX = 64 * 1024;
const WORD_BYTES = 4;
/** Where the number of a packet stands, and that of a prepared statement in the answer to COM_STMT_PREPARE. */
const NUMBER_AT = 3;
const STATEMENT_AT = 1;
/** Behind the code of an error may stand its state, which has a mark before it. */
const STATE_MARK = 0x23;
const STATE_BYTES = 6;

class MysqlDecoder extends FramedDecoder {
  readonly #answers: framer.AnswerFramer;
  readonly #keepPayload: boolean;
  readonly #session = new Session();
  readonly #statements: Statements;
  readonly #expected: ExpectedAnswers;
  readonly #command: CommandReader;
  /** Of the answer at hand, so far. */
  #bytes = 0;

  constructor(sink: MessageSink, { keepPayload, memory }: DecoderSettings, answers: framer.AnswerFramer) {
    const createFramer = (direction: Direction, meter: Meter) =>
      direction === RECV ? answers : new CommandFramer(meter);
    super({ ...mysqlFraming, createFramer }, sink, memory);
    this.#answers = answers;
    this.#keepPayload = keepPayload;
    this.#statements = new Statements(memory);
    this.#expected = new ExpectedAnswers(memory);
    this.#command = new CommandReader(this.#statements);
  }

  override lose(): void {
    super.lose();
    this.#miss();
    this.#session.database = undefined;
  }

  override end(timeMs: number): void {
    if (!this.hasGivenUp && this.#bytes > 0) this.#answer(undefined, 'unfinished', timeMs);
  }

  override release(): void {
    super.release();
    this.#expected.miss();
    this.#statements.clear();
  }

  protected override leftOut(): void {
    this.#miss();
  }

  protected override read(direction: Direction, message: FramedMessage): void {
    const reason = direction === SEND ? this.#sent(message) : this.#received(message);
    if (reason === undefined) return;
    this.#miss();
    if (!message.isSuspect) this.sink.undecodable(direction, reason);
  }

  #miss(): void {
    this.#expected.miss();
    this.#bytes = 0;
  }

  #sent(message: FramedMessage): UndecodableReason | undefined {
    const { bytes, from, to } = message;
    if (to - from <= HEADER_BYTES) return message.isWhole ? undefined : 'truncated';
    if (bytes[from + NUMBER_AT] === 0) return this.#ask(message);
    if (this.#session.isLoggedIn || bytes[from + NUMBER_AT] !== 1) return undefined;
    this.#session.logIn(bytes, from, to);
    if (this.#session.isEncrypted) this.#leaveBoth();
    return undefined;
  }

  #ask(message: FramedMessage): UndecodableReason | undefined {
    const command = this.#command;
    this.#session.isLoggedIn = true;
    const reason = command.read(message);
    if (reason !== undefined) return reason;
    // Whoever waits for answers has had all of them, however they were taken.
    if (this.#answers.isUnsure && this.#expected.next === undefined) this.beginAnew(RECV);
    if (command.isAnswered) this.#expected.asked(command);
    this.sink.request({
      kind: 'request',
      direction: SEND,
      method: command.method,
      id: command.isAnswered ? IN_ORDER : undefined,
      idText: undefined,
      isIdUnknown: false,
      isAnsweredElsewhere: false,
      timeMs: message.beginMs,
      bytes: message.length,
      traceparent: command.traceparent,
      tracestate: undefined,
      namespace: this.#session.database,
      system: this.#session.system,
      payload: this.#payload(message, command.textFrom),
    });
    return undefined;
  }

  #received(message: FramedMessage): UndecodableReason | undefined {
    const { bytes, from, to, isWhole } = message;
    const { unit } = this.#answers;
    if (unit === framer.SET || unit === framer.ROWS) return this.#rows(message);
    const payloadFrom = unit === framer.END ? from : from + HEADER_BYTES;
    if (payloadFrom >= to) return isWhole ? 'not_a_message' : 'truncated';
    if (unit === framer.GREETING) this.#session.greet(bytes, payloadFrom + 1, to);
    else if (unit === framer.LOGIN && this.#expected.next?.command !== commands.CHANGE_USER) {
      if (bytes[payloadFrom] === OK) this.#logIn();
    } else this.#part(message, payloadFrom);
    return undefined;
  }

  #logIn(): void {
    this.#session.isLoggedIn = true;
    if (this.#session.isCompressed) this.#leaveBoth();
  }

  /** What follows cannot be read. */
  #leaveBoth(): void {
    this.leave(SEND);
    this.leave(RECV);
    this.#miss();
    this.sink.undecodable(SEND, 'encoded');
  }

  /** Definitions or rows. What ends them is the next unit. */
  #rows({ isWhole, tail, tailBytes, length, endMs }: FramedMessage): UndecodableReason | undefined {
    this.#bytes += length;
    if (isWhole) return undefined;
    if (tailBytes >= HEADER_BYTES) this.#answers.endsWith(tail, tailBytes);
    else this.#answer(undefined, 'truncated', endMs);
    return undefined;
  }

  /** A packet that may end the answer. */
  #part(message: FramedMessage, payloadFrom: number): void {
    const { bytes, from, to, isWhole, length, endMs } = message;
    const type = bytes[payloadFrom];
    const isEnd = this.#answers.unit === framer.END;
    const command = this.#expected.next?.command;
    const number = isEnd ? undefined : bytes[from + NUMBER_AT];
    if (number !== undefined && number !== 1 && isOfDefinitions(type, command)) return;
    // Why the server closes the connection: it answers nothing.
    if (number === 0 && type === ERROR && this.#bytes === 0) return;
    this.#bytes += length;
    if (type === ERROR) this.#fail(message, payloadFrom);
    else if (command === commands.STMT_PREPARE && type === OK) {
      const at = payloadFrom + STATEMENT_AT;
      const summary = this.#expected.next?.text;
      if (at + WORD_BYTES <= to && summary !== undefined)
        this.#statements.add(littleWordAt(bytes, at), summary);
      this.#answer(undefined, undefined, endMs);
    } else if (!isEnd && isRow(type, command)) return;
    else if (!isWhole && to - payloadFrom < STATUS_WITHIN) this.#answer(undefined, 'truncated', endMs);
    else if (!this.#answers.goesOn) this.#answer(undefined, doubtOf(type, command), endMs);
  }

  #fail({ bytes, to, endMs }: FramedMessage, payloadFrom: number): void {
    // How far the server has come.
    if (this.#answers.goesOn) return;
    const at = payloadFrom + ERROR_BYTES_MIN;
    const code = at <= to ? String(bytes[at - 2] | (bytes[at - 1] << 8)) : OTHER;
    const textFrom = bytes[at] === STATE_MARK ? at + STATE_BYTES : at;
    const payload = this.#keepPayload && textFrom <= to ? decodeUtf8(bytes, textFrom, to) : undefined;
    this.#answer(code, undefined, endMs, payload);
  }

  #answer(code: string | undefined, doubt: AnswerDoubt | undefined, timeMs: number, payload?: string): void {
    this.sink.response({
      kind: 'response',
      direction: RECV,
      id: IN_ORDER,
      error: code === undefined ? undefined : { code, message: '' },
      doubt,
      timeMs,
      bytes: this.#bytes,
      payload,
    });
    if (code === undefined) this.#apply(doubt === undefined);
    this.#bytes = 0;
    this.#expected.answered();
  }

  /** What a command has changed that succeeded, or may have. */
  #apply(isCertain: boolean): void {
    const expected = this.#expected.next;
    if (expected?.changesDatabase) this.#session.database = isCertain ? expected.text : undefined;
    const { command } = expected ?? {};
    if (command === commands.CHANGE_USER || command === commands.RESET_CONNECTION) this.#statements.clear();
  }

  #payload({ bytes, to }: FramedMessage, from: number): string | undefined {
    return this.#keepPayload && from >= 0
      ? decodeUtf8(bytes, from, Math.min(to, from + PAYLOAD_BYTES_MAX))
      : undefined;
  }
}

/** Whether a packet behind the first of an answer belongs to what was told already: to definitions of what is prepared. */
function isOfDefinitions(type: number, command: number | undefined): boolean {
  return type !== OK && type !== ERROR && type !== LOCAL_INFILE && command !== commands.FIELD_LIST;
}

/** Whether it is a row, or something else of which there may be many, of an answer that has nothing before them. */
function isRow(type: number, command: number | undefined): boolean {
  if (command === commands.FIELD_LIST) return type !== END_OF_ROWS;
  const hasRows =
    command === commands.STMT_FETCH ||
    command === commands.BINLOG_DUMP ||
    command === commands.BINLOG_DUMP_GTID;
  return hasRows && type === OK;
}

function doubtOf(type: number, command: number | undefined): AnswerDoubt | undefined {
  const isKnown = type === OK || type === END_OF_ROWS || command === commands.STATISTICS;
  return isKnown ? undefined : 'no_outcome';
}

/**
 * MySQL and MariaDB: https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html and
 * https://mariadb.com/docs/server/reference/clientserver-protocol. The client asks, and is answered in the order of the commands. Answers have
 * any number of packets.
 */
export const mysql: Protocol = {
  ...mysqlFraming,
  matching: 'order',
  convention: SQL,
  spanAttributes: () => ({}),
  createDecoder: (sink, settings) => new MysqlDecoder(sink, settings, new framer.AnswerFramer(new Meter())),
};
