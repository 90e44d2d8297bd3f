import { COMMANDS } from '../conventions.js';
import { type Direction, RECV, SEND } from '../direction.js';
import { FramedDecoder, type FramedMessage } from '../framed-decoder.js';
import { SPACE } from '../framing/bytes.js';
import type { ProtocolFraming } from '../framing/protocol-framing.js';
import type { DecoderSettings, MessageSink, Protocol, UndecodableReason } from '../protocol.js';
import { CommandReader } from './command-reader.js';
import { effectOf, isSecret } from './effects.js';
import { type Effect, SELECT, SUBSCRIBE } from './expected-replies.js';
import { RedisFramer } from './framing/framer.js';
import { redisFraming } from './framing/index.js';
import { HeldLines } from './held-lines.js';
import { Replies, subscriptionDetail } from './replies.js';
import { ReplyMode } from './reply-mode.js';

const ASTERISK = 0x2a;

/** What comes to the decoder is known to be Redis. */
const knownFraming: ProtocolFraming = {
  ...redisFraming,
  createFramer: (direction, meter) => new RedisFramer(direction, meter, true),
};

class RedisDecoder extends FramedDecoder {
  readonly #keepPayload: boolean;
  readonly #command = new CommandReader();
  readonly #replies: Replies;
  readonly #mode = new ReplyMode();
  /** Until something has shown that it is Redis which is spoken; undefined then. */
  #held: HeldLines | undefined;

  constructor(sink: MessageSink, { keepPayload, memory }: DecoderSettings) {
    super(knownFraming, sink, memory);
    this.#keepPayload = keepPayload;
    this.#replies = new Replies(sink, keepPayload, memory);
    this.#held = new HeldLines(memory);
  }

  override lose(): void {
    super.lose();
    this.#held?.release();
    this.#replies.miss();
  }

  override end(timeMs: number): void {
    if (!this.hasGivenUp) this.#replies.end(timeMs);
  }

  override release(): void {
    super.release();
    this.#held?.release();
    this.#replies.release();
  }

  protected override leftOut(): void {
    this.#replies.miss();
  }

  protected override read(direction: Direction, message: FramedMessage): void {
    if (this.#held !== undefined && !this.#isShown(direction, message)) return;
    this.#tell(direction, message);
  }

  /** Whether it is known by now that it is Redis. What was held is told then. */
  #isShown(direction: Direction, message: FramedMessage): boolean {
    const held = this.#held as HeldLines;
    if (direction === SEND && message.bytes[message.from] !== ASTERISK) {
      if (message.bytes[message.from] > SPACE && !held.add(message)) this.giveUp(SEND);
      return false;
    }
    this.#held = undefined;
    for (const line of held.takeAll()) this.#tell(SEND, line);
    return true;
  }

  #tell(direction: Direction, message: FramedMessage): void {
    this.#replies.heard(message.endMs);
    const reason = direction === SEND ? this.#ask(message) : this.#hear(message);
    if (reason === undefined) return;
    this.#replies.miss();
    if (!message.isSuspect) this.sink.undecodable(direction, reason);
  }

  #ask(message: FramedMessage): UndecodableReason | undefined {
    const command = this.#command;
    const reason = command.read(message);
    if (reason === 'empty') return undefined;
    if (reason !== undefined) return reason;
    const isAnswered = this.#mode.answers(command);
    const effect = effectOf(command.method);
    const detail = this.#detailOf(effect);
    if (isAnswered === undefined || detail === undefined) return 'truncated';
    this.#request(message, effect, isAnswered, detail);
    return undefined;
  }

  #request({ length, beginMs }: FramedMessage, effect: Effect, isAnswered: boolean, detail: number): void {
    const { method, argumentCount } = this.#command;
    const hasSecret = isSecret(method);
    const { namespace } = this.#replies;
    const number = isAnswered ? this.#replies.expect(effect, hasSecret, detail) : 0;
    const { name } = namespace;
    this.sink.request({
      kind: 'request',
      direction: SEND,
      method,
      namespace: name,
      id: isAnswered ? String(number) : undefined,
      idText: undefined,
      isIdUnknown: false,
      isAnsweredElsewhere: false,
      timeMs: beginMs,
      bytes: length,
      traceparent: undefined,
      tracestate: undefined,
      payload: this.#keepPayload && !hasSecret && argumentCount !== 1 ? this.#command.payload() : undefined,
    });
    if (effect === SELECT && isAnswered) namespace.ask();
    else if (effect === SELECT) namespace.forget();
    if (isAnswered && !this.#replies.finds(number)) this.#replies.doubt(number, 'order_lost');
    if (method === 'SYNC') this.#replicate();
  }

  /** What goes with an effect; undefined if that lies beyond what was captured. */
  #detailOf(effect: Effect): number | undefined {
    const command = this.#command;
    if (effect === SELECT) return (command.numberAt(1) ?? -1) + 1;
    if (effect !== SUBSCRIBE) return 0;
    const { argumentCount } = command;
    return argumentCount === undefined ? undefined : subscriptionDetail(command.method, argumentCount - 1);
  }

  #hear(message: FramedMessage): UndecodableReason | undefined {
    const said = this.#replies.read(message);
    if (said === 'stray') this.#mode.isRefuted();
    else if (said === 'stream') this.#replicate();
    else return said;
    return undefined;
  }

  /** What follows is for a replica: a dump, and commands of others. Only how many bytes it has can be told. */
  #replicate(): void {
    this.#replies.miss('no_outcome');
    this.leave(SEND);
    this.leave(RECV);
  }
}

/** RESP2 and RESP3, which Redis, Valkey, KeyDB and Dragonfly speak: https://redis.io/docs/latest/develop/reference/protocol-spec/. */
export const redis: Protocol = {
  ...redisFraming,
  matching: 'exchange',
  convention: COMMANDS,
  spanAttributes: () => ({}),
  createDecoder: (sink, settings) => new RedisDecoder(sink, settings),
};
