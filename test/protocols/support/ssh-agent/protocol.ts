import { RPC } from '../../../../src/protocols/conventions.js';
import { type Direction, RECV, SEND } from '../../../../src/protocols/direction.js';
import { type Framer, UNDECIDED, UNFINISHED, UNFRAMED } from '../../../../src/protocols/framing/framer.js';
import { Meter } from '../../../../src/protocols/framing/meter.js';
import { PartialUnit } from '../../../../src/protocols/partial-unit.js';
import {
  type Decoder,
  type DecoderMemory,
  IN_ORDER,
  type MessageSink,
  type Protocol,
} from '../../../../src/protocols/protocol.js';
import { sshAgentFraming } from './framing/index.js';
import { ANSWERS, HEADER_BYTES, REQUESTS } from './framing/messages.js';

/** One direction: what is framed and put together, and where it stands. */
interface Stream {
  readonly framer: Framer;
  readonly unit: PartialUnit;
}

class SshAgentDecoder implements Decoder {
  readonly #sink: MessageSink;
  readonly #streams: readonly [Stream, Stream];
  hasGivenUp = false;

  constructor(sink: MessageSink, memory: DecoderMemory | undefined) {
    this.#sink = sink;
    const meter = new Meter();
    const streamOf = (direction: Direction): Stream => ({
      framer: sshAgentFraming.createFramer(direction, meter),
      unit: new PartialUnit(memory),
    });
    this.#streams = [streamOf(SEND), streamOf(RECV)];
  }

  data(direction: Direction, bytes: Uint8Array, from: number, to: number, timeMs: number): void {
    const { framer, unit } = this.#streams[direction];
    for (let at = from; at < to && !this.hasGivenUp; ) {
      if (framer.isBetween) unit.begin(timeMs);
      const end = framer.next(bytes, at, to);
      if (framer.framing === UNFRAMED) this.#giveUp(direction);
      // It is lost, and this is no beginning.
      if (framer.framing === UNDECIDED && end !== UNFINISHED) return;
      const stop = end === UNFINISHED ? to : end;
      unit.append(bytes, at, stop);
      if (end !== UNFINISHED) this.#finish(direction, unit, timeMs);
      at = stop;
    }
  }

  gap(direction: Direction, count: number, endsUnit: boolean, timeMs: number): void {
    if (this.hasGivenUp) return;
    const { framer, unit } = this.#streams[direction];
    if (framer.isBetween) unit.begin(timeMs);
    framer.skip(count, endsUnit);
    unit.skip(count);
    if ((endsUnit || framer.isBetween) && !unit.isUnseen) this.#finish(direction, unit, timeMs);
  }

  lose(): void {
    for (const { framer, unit } of this.#streams) {
      framer.lose();
      unit.clear();
    }
  }

  end(): void {}

  release(): void {
    for (const { unit } of this.#streams) unit.release();
  }

  #finish(direction: Direction, unit: PartialUnit, timeMs: number): void {
    if (this.hasGivenUp) return;
    const type = unit.head[HEADER_BYTES - 1];
    const { length: bytes, beginMs } = unit;
    if (unit.headBytes < HEADER_BYTES) this.#sink.undecodable(direction, 'truncated');
    else if (direction === SEND) this.#request(type, bytes, beginMs);
    else this.#response(type, bytes, timeMs);
    unit.clear();
  }

  #request(type: number, bytes: number, timeMs: number): void {
    this.#sink.request({
      kind: 'request',
      direction: SEND,
      method: REQUESTS.get(type) ?? '',
      id: IN_ORDER,
      idText: undefined,
      isIdUnknown: false,
      isAnsweredElsewhere: false,
      timeMs,
      bytes,
      traceparent: undefined,
      tracestate: undefined,
      payload: undefined,
    });
  }

  #response(type: number, bytes: number, timeMs: number): void {
    const code = ANSWERS.get(type);
    const error = code === undefined ? undefined : { code, message: '' };
    this.#sink.response({
      kind: 'response',
      direction: RECV,
      id: IN_ORDER,
      error,
      doubt: undefined,
      timeMs,
      bytes,
      payload: undefined,
    });
  }

  #giveUp(direction: Direction): void {
    this.hasGivenUp = true;
    this.#sink.undecodable(direction, 'unknown_protocol');
  }
}

/** The protocol of ssh-agent: binary, each message with its length, answers in the order of the requests. */
export const sshAgent: Protocol = {
  ...sshAgentFraming,
  matching: 'order',
  convention: RPC,
  spanAttributes: () => ({}),
  createDecoder: (sink, { memory }) => new SshAgentDecoder(sink, memory),
};
