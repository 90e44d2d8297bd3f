import { SQL } from '../conventions.js';
import { type Direction, RECV, SEND } from '../direction.js';
import { FramedDecoder, type FramedMessage } from '../framed-decoder.js';
import type { DecoderSettings, MessageSink, Protocol } from '../protocol.js';
import { ClientMessages } from './client-messages.js';
import { ExpectedAnswers } from './expected-answers.js';
import { postgresqlFraming } from './framing/index.js';
import { GSS_FOLLOWS, SSL_FOLLOWS } from './framing/messages.js';
import { ServerMessages } from './server-messages.js';

/** The type of TLS's first record, which a client may send at once. */
const TLS_HANDSHAKE = 0x16;

class PostgresqlDecoder extends FramedDecoder {
  readonly #answers: ExpectedAnswers;
  readonly #client: ClientMessages;
  readonly #server: ServerMessages;
  #hasBegun = false;

  constructor(sink: MessageSink, settings: DecoderSettings) {
    super(postgresqlFraming, sink, settings.memory);
    this.#answers = new ExpectedAnswers(settings.memory);
    this.#client = new ClientMessages(sink, settings, this.#answers);
    this.#server = new ServerMessages(sink, settings, this.#answers);
  }

  override data(direction: Direction, bytes: Uint8Array, from: number, to: number, timeMs: number): void {
    if (from < to && this.#isEncrypted(direction, bytes[from])) {
      this.leave(SEND);
      this.leave(RECV);
      this.sink.undecodable(direction, 'encoded');
    } else super.data(direction, bytes, from, to, timeMs);
  }

  override lose(): void {
    super.lose();
    this.#miss();
  }

  override end(timeMs: number): void {
    if (!this.hasGivenUp) this.#server.end(timeMs);
  }

  override release(): void {
    super.release();
    this.#answers.release();
    this.#client.release();
  }

  protected override leftOut(): void {
    this.#miss();
  }

  protected override read(direction: Direction, message: FramedMessage): void {
    // What came after a loss and is cut may be the inside of a message.
    const isUnsure = message.isSuspect && !message.isWhole;
    if (isUnsure || message.from === message.to) {
      this.#miss();
      if (!isUnsure) this.sink.undecodable(direction, 'truncated');
    } else if (direction === SEND) this.#client.read(message);
    else this.#server.read(message);
  }

  #miss(): void {
    this.#hasBegun = true;
    this.#answers.miss();
    this.#client.miss();
    this.#server.miss();
  }

  /** Whether a direction goes on with TLS or GSSAPI from this byte on. */
  #isEncrypted(direction: Direction, byte: number): boolean {
    const isFirst = !this.#hasBegun;
    this.#hasBegun = true;
    if (direction === SEND) return isFirst && byte === TLS_HANDSHAKE;
    if (!this.#client.hasAskedForEncryption) return false;
    this.#client.hasAskedForEncryption = false;
    return byte === SSL_FOLLOWS || byte === GSS_FOLLOWS;
  }
}

/**
 * PostgreSQL: https://www.postgresql.org/docs/current/protocol.html. A client may send ahead, and is answered in order. A call is a Query, or
 * an Execute with what prepares it.
 */
export const postgresql: Protocol = {
  ...postgresqlFraming,
  matching: 'exchange',
  convention: SQL,
  spanAttributes: () => ({}),
  createDecoder: (sink, settings) => new PostgresqlDecoder(sink, settings),
};
