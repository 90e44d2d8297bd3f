import { type Direction, RECV, SEND } from '../direction.js';
import { Carrier } from '../http/carrier.js';
import { ExchangeCalls } from '../http/exchange-calls.js';
import { HttpExchanges } from '../http/exchanges.js';
import { httpFraming } from '../http/framing/index.js';
import { requestNamesOf } from '../http/request-names-of.js';
import { MethodNames } from '../json/method-names.js';
import type { Decoder, DecoderSettings, MessageSink } from '../protocol.js';
import type { Dialect } from './dialect.js';
import { DirectionDecoder } from './direction-decoder.js';
import { Conversation } from './plausibility.js';
import { Reporter } from './reporter.js';

/** All conversations of a thread share it: they have most methods in common. */
const methods = new MethodNames();

/** Decodes JSON-RPC, or a protocol whose messages are of JSON-RPC: its `dialect`, and the `headers` of HTTP that matter to it. */
export class JsonRpcDecoder implements Decoder {
  readonly #conversation: Conversation;
  readonly #exchanges: HttpExchanges;
  readonly #send: DirectionDecoder;
  readonly #recv: DirectionDecoder;

  constructor(
    sink: MessageSink,
    settings: DecoderSettings,
    dialect?: Dialect,
    headers: readonly string[] = [],
  ) {
    const { memory, carriers = [], keepPayload } = settings;
    const tellsHttp = carriers.includes(httpFraming.name);
    const calls = tellsHttp ? new ExchangeCalls(sink, settings, httpFraming.name) : undefined;
    this.#exchanges = new HttpExchanges(sink, memory, calls);
    const names = tellsHttp ? requestNamesOf(settings.routes) : undefined;
    this.#conversation = new Conversation(sink);
    const decoderOf = (direction: Direction) => {
      const reporter = new Reporter(direction, this.#conversation, settings, methods, dialect);
      const carrier = new Carrier(names, keepPayload, headers);
      const parts = { reporter, exchanges: this.#exchanges, carrier };
      return new DirectionDecoder(direction, this.#conversation, parts, settings);
    };
    this.#send = decoderOf(SEND);
    this.#recv = decoderOf(RECV);
  }

  get hasGivenUp(): boolean {
    return this.#conversation.hasGivenUp;
  }

  get successor(): Decoder | undefined {
    return this.#exchanges.calls?.successor;
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
    if (this.#exchanges.calls !== undefined && !this.hasGivenUp) this.#exchanges.end(timeMs);
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
