import { RPC } from '../conventions.js';
import { type Direction, RECV, SEND } from '../direction.js';
import type { Decoder, DecoderSettings, MessageSink, Protocol } from '../protocol.js';
import { DirectionDecoder } from './direction-decoder.js';
import { jsonRpcFraming } from './framing/index.js';
import { HttpExchanges } from './http-exchanges.js';
import { MethodNames } from './method-names.js';
import { Conversation } from './plausibility.js';
import { Reporter } from './reporter.js';

/** All conversations of a thread share it: they have most methods in common. */
const methods = new MethodNames();

class JsonRpcDecoder implements Decoder {
  readonly #conversation: Conversation;
  readonly #exchanges: HttpExchanges;
  readonly #send: DirectionDecoder;
  readonly #recv: DirectionDecoder;

  constructor(sink: MessageSink, settings: DecoderSettings) {
    this.#exchanges = new HttpExchanges(sink, settings.memory);
    this.#conversation = new Conversation(sink);
    const decoderOf = (direction: Direction) => {
      const reporter = new Reporter(direction, this.#conversation, settings, methods);
      return new DirectionDecoder(direction, this.#conversation, reporter, this.#exchanges, settings.memory);
    };
    this.#send = decoderOf(SEND);
    this.#recv = decoderOf(RECV);
  }

  get hasGivenUp(): boolean {
    return this.#conversation.hasGivenUp;
  }

  data(direction: Direction, bytes: Uint8Array, from: number, to: number, timeMs: number): void {
    if (!this.hasGivenUp) this.#of(direction).data(bytes, from, to, timeMs);
  }

  gap(direction: Direction, count: number, endsUnit: boolean, timeMs: number): void {
    if (!this.hasGivenUp) this.#of(direction).gap(count, endsUnit, timeMs);
  }

  lose(): void {
    this.#send.lose();
    this.#recv.lose();
    this.#exchanges.lose();
  }

  end(timeMs: number): void {
    this.#send.end(timeMs);
    this.#recv.end(timeMs);
    this.#conversation.end();
  }

  release(): void {
    this.#send.release();
    this.#recv.release();
    this.#exchanges.lose();
    this.#conversation.end();
  }

  #of(direction: Direction): DirectionDecoder {
    return direction === SEND ? this.#send : this.#recv;
  }
}

/**
 * JSON-RPC 2.0, and 1.0 as far as it is alike: one message a line, messages one after the other, in the
 * Content-Length framing of LSP, and in bodies of HTTP/1.1. Either side may call the other. Batches are
 * their elements.
 */
export const jsonRpc: Protocol = {
  ...jsonRpcFraming,
  matching: 'id',
  convention: RPC,
  // https://opentelemetry.io/docs/specs/semconv/rpc/json-rpc/
  spanAttributes: ({ idText }) => ({
    'jsonrpc.protocol.version': '2.0',
    ...(idText === undefined ? {} : { 'jsonrpc.request.id': idText }),
  }),
  createDecoder: (sink, settings) => new JsonRpcDecoder(sink, settings),
};
