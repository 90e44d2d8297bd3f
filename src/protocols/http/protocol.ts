import { HTTP } from '../conventions.js';
import { type Direction, RECV, SEND } from '../direction.js';
import type { Decoder, DecoderSettings, MessageSink, Protocol } from '../protocol.js';
import { Carrier } from './carrier.js';
import { HttpDirectionDecoder } from './direction-decoder.js';
import { ExchangeCalls } from './exchange-calls.js';
import { HttpExchanges } from './exchanges.js';
import { httpFraming } from './framing/index.js';
import { requestNamesOf } from './request-names-of.js';

class HttpDecoder implements Decoder {
  readonly #sink: MessageSink;
  readonly #exchanges: HttpExchanges;
  readonly #send: HttpDirectionDecoder;
  readonly #recv: HttpDirectionDecoder;
  hasGivenUp = false;

  constructor(sink: MessageSink, settings: DecoderSettings) {
    this.#sink = sink;
    this.#exchanges = new HttpExchanges(sink, settings.memory, new ExchangeCalls(sink, settings));
    const names = requestNamesOf(settings.routes);
    const decoderOf = (direction: Direction) => {
      const carrier = new Carrier(names, settings.keepPayload);
      return new HttpDirectionDecoder(direction, sink, this.#exchanges, carrier, settings);
    };
    this.#send = decoderOf(SEND);
    this.#recv = decoderOf(RECV);
  }

  get successor(): Decoder | undefined {
    return this.#exchanges.calls?.successor;
  }

  data(direction: Direction, bytes: Uint8Array, from: number, to: number, timeMs: number): void {
    if (this.hasGivenUp) return;
    const decoder = this.#of(direction);
    decoder.data(bytes, from, to, timeMs);
    if (decoder.isStrange) this.#meetStranger(direction);
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
    if (this.hasGivenUp) return;
    this.#recv.end();
    this.#exchanges.end(timeMs);
  }

  release(): void {
    this.#send.release();
    this.#recv.release();
    this.#exchanges.lose();
  }

  /** A direction has shown to be no HTTP. Where the other is, that is a message that was not understood. */
  #meetStranger(direction: Direction): void {
    if (this.#exchanges.calls?.isOver(direction) === true) return;
    const other = this.#of(direction === SEND ? RECV : SEND);
    if (other.isKnown) {
      this.#exchanges.stray(direction);
      return;
    }
    this.hasGivenUp = true;
    this.#exchanges.lose();
    this.#sink.undecodable(direction, 'unknown_protocol');
  }

  #of(direction: Direction): HttpDirectionDecoder {
    return direction === SEND ? this.#send : this.#recv;
  }
}

/**
 * HTTP/1.0 and 1.1: each exchange is a call, named by its method and the template of its path. What follows a tunnel, or an upgrade
 * to anything but HTTP/2, is not read.
 */
export const http: Protocol = {
  ...httpFraming,
  matching: 'exchange',
  convention: HTTP,
  spanAttributes: () => ({}),
  createDecoder: (sink, settings) => new HttpDecoder(sink, settings),
};
