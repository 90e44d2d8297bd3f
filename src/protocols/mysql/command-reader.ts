import { OTHER } from '../conventions.js';
import type { FramedMessage } from '../framed-decoder.js';
import { littleWordAt } from '../framing/words.js';
import type { UndecodableReason } from '../protocol.js';
import { MYSQL } from '../sql/dialect.js';
import { SqlSummary } from '../sql/summary.js';
import { KEPT_BYTES } from './framing/command-framer.js';
import * as commands from './framing/commands.js';
import { HEADER_BYTES } from './framing/packet.js';
import { QueryAttributes } from './query-attributes.js';
import { databaseOfUse } from './query-text.js';
import { databaseAt, databaseOfChange } from './session.js';
import type { Statements } from './statements.js';

/** The number of a prepared statement. */
const NUMBER_BYTES = 4;

const SUMMARY_LENGTH_MAX = 255;

/** In a summary. */
const USE = /(?:^| )use /i;

/** All conversations of a thread share it. */
const sql = new SqlSummary(MYSQL);

/** Reads what a client asks for. */
export class CommandReader {
  number = 0;
  /** A summary of SQL, or the name of the command. */
  method = '';
  /** The summary of what is prepared; or the database that is to be that of the session, undefined if which one is not known. */
  text: string | undefined;
  /** It changes the database of the session. */
  changesDatabase = false;
  /** Whether a server answers it. */
  isAnswered = true;
  /** Where SQL begins in the bytes of the message; -1 if there is none. */
  textFrom = -1;
  /** The context of the trace that it says it is part of. */
  traceparent: string | undefined;
  readonly #attributes = new QueryAttributes();
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** Why it is no command, if it is none. */
  read(message: FramedMessage): UndecodableReason | undefined {
    const { bytes, from, to, isWhole } = message;
    const at = from + HEADER_BYTES + 1;
    this.number = bytes[at - 1];
    this.method = commands.commandName(this.number);
    this.text = undefined;
    this.textFrom = -1;
    this.traceparent = undefined;
    this.changesDatabase = this.number === commands.INIT_DB || this.number === commands.CHANGE_USER;
    if (this.method === '') return 'not_a_message';
    this.isAnswered =
      this.number !== commands.QUIT &&
      this.number !== commands.STMT_CLOSE &&
      this.number !== commands.STMT_SEND_LONG_DATA;
    switch (this.number) {
      case commands.QUERY:
      case commands.STMT_PREPARE:
        // So much is kept of every command; with less than that, its summary is another.
        if (!isWhole && to - from < KEPT_BYTES) return 'truncated';
        this.#query(message, at);
        break;
      case commands.STMT_EXECUTE:
      case commands.STMT_BULK_EXECUTE:
      case commands.STMT_CLOSE:
        if (at + NUMBER_BYTES > to) return 'truncated';
        this.#statement(littleWordAt(bytes, at));
        break;
      case commands.INIT_DB:
        if (isWhole) this.text = databaseAt(bytes, at, to);
        break;
      case commands.CHANGE_USER:
        if (isWhole) this.text = databaseOfChange(bytes, at, to);
        break;
    }
    return undefined;
  }

  #query({ bytes, to, isWhole }: FramedMessage, at: number): void {
    const isPrepared = this.number === commands.STMT_PREPARE;
    const from = isPrepared ? at : this.#attributes.read(bytes, at, to);
    if (!isPrepared) this.traceparent = this.#attributes.traceparent;
    if (from < 0) {
      this.method = OTHER;
      return;
    }
    this.textFrom = from;
    const summary = sql.read(bytes, from, to, !isWhole);
    this.method = summary === '' ? OTHER : summary;
    if (isPrepared) {
      this.method = joined('PREPARE', summary);
      this.text = this.#statements.last = summary === '' ? OTHER : summary;
    } else if (USE.test(summary)) {
      this.changesDatabase = true;
      this.text = databaseOfUse(bytes, from, to);
    }
  }

  #statement(number: number): void {
    if (this.number === commands.STMT_CLOSE) {
      this.#statements.remove(number);
      return;
    }
    const summary = this.#statements.of(number);
    if (summary === undefined) return;
    // The convention's word for one statement with many sets of values.
    const isBatch = this.number === commands.STMT_BULK_EXECUTE && summary !== OTHER;
    this.method = isBatch ? joined('BATCH', summary) : summary;
  }
}

/** As long as a summary may be, without a part of a name. */
function joined(operation: string, summary: string): string {
  const isWhole = summary !== '' && operation.length + summary.length < SUMMARY_LENGTH_MAX;
  return isWhole ? `${operation} ${summary}` : operation;
}
