import { OTHER, RPC } from '../conventions.js';
import { type Direction, RECV, SEND } from '../direction.js';
import { FramedDecoder, type FramedMessage } from '../framed-decoder.js';
import { MethodNames } from '../json/method-names.js';
import { readText } from '../json/text.js';
import { ABSENT, NULL, STRING, type Token } from '../json/token.js';
import {
  type AnswerDoubt,
  type DecoderSettings,
  IN_ORDER,
  type MessageSink,
  type Protocol,
  type UndecodableReason,
} from '../protocol.js';
import { decodeUtf8 } from '../text.js';
import { VarlinkEnvelope } from './envelope.js';
import { ExpectedReplies } from './expected-replies.js';
import { varlinkFraming } from './framing/index.js';

/** All conversations of a thread share it: they have most methods in common. */
const methods = new MethodNames();

const ERROR_BYTES_MAX = 128;
const PAYLOAD_BYTES_MAX = 64 * 1024;

class VarlinkDecoder extends FramedDecoder {
  readonly #keepPayload: boolean;
  readonly #envelope = new VarlinkEnvelope();
  readonly #replies: ExpectedReplies;

  constructor(sink: MessageSink, { keepPayload, memory }: DecoderSettings) {
    super(varlinkFraming, sink, memory);
    this.#keepPayload = keepPayload;
    this.#replies = new ExpectedReplies(memory);
  }

  override lose(): void {
    super.lose();
    this.#replies.miss();
  }

  override end(timeMs: number): void {
    if (!this.hasGivenUp && this.#replies.hasParts) this.#answer(undefined, 'unfinished', 0, timeMs);
  }

  override release(): void {
    super.release();
    this.#replies.miss();
  }

  protected override leftOut(): void {
    this.#replies.miss();
  }

  protected override read(direction: Direction, message: FramedMessage): void {
    const reason = this.#envelope.read(message) ?? this.#tell(direction, message);
    this.#envelope.forget();
    if (reason === undefined) return;
    // A client may not wait for the word of its server.
    if (direction === SEND && this.#replies.mayUpgrade) {
      this.leave(SEND);
      return;
    }
    this.#replies.miss();
    if (!message.isSuspect) this.sink.undecodable(direction, reason);
  }

  #tell(direction: Direction, message: FramedMessage): UndecodableReason | undefined {
    // What came after a loss and is cut may be the inside of a message, and its end that of another.
    if (message.isSuspect && !message.isWhole) return 'truncated';
    return direction === SEND ? this.#request(message) : this.#reply(message);
  }

  #request({ length, beginMs }: FramedMessage): UndecodableReason | undefined {
    const envelope = this.#envelope;
    const method = readMethod(envelope);
    if (typeof method !== 'string') return method.reason;
    const isOneway = envelope.isTrue(envelope.oneway);
    if (isOneway === undefined) this.#replies.muddle();
    else if (!isOneway) this.#replies.asked(this.#kindOfReply());
    this.sink.request({
      kind: 'request',
      direction: SEND,
      method,
      id: isOneway === true ? undefined : IN_ORDER,
      idText: undefined,
      isIdUnknown: isOneway === undefined,
      isAnsweredElsewhere: false,
      timeMs: beginMs,
      bytes: length,
      traceparent: undefined,
      tracestate: undefined,
      payload: this.#payload(),
    });
    return undefined;
  }

  #kindOfReply() {
    const { more, upgrade } = this.#envelope;
    const [isMore, isUpgrade] = [this.#envelope.isTrue(more), this.#envelope.isTrue(upgrade)];
    if (isMore === undefined || isUpgrade === undefined) return 'unknown';
    if (isUpgrade) return 'upgrade';
    return isMore ? 'more' : 'one';
  }

  #reply({ length, endMs }: FramedMessage): UndecodableReason | undefined {
    const envelope = this.#envelope;
    const { error, method } = envelope;
    if (method.type !== ABSENT) return 'not_a_message';
    const { next } = this.#replies;
    const hasFailed = error.type !== ABSENT && error.type !== NULL;
    // Only those replies continue that were asked to, and none that is an error.
    const mayContinue = !hasFailed && next !== 'one' && next !== 'upgrade';
    const continues = mayContinue ? envelope.isTrue(envelope.continues) : false;
    if (continues === undefined) return 'truncated';
    if (continues) {
      this.#replies.continued(length);
      return undefined;
    }
    const isOpen = error.type === ABSENT && !envelope.isConclusive;
    this.#answer(hasFailed ? errorCode(error) : undefined, isOpen ? 'truncated' : undefined, length, endMs);
    if (next === 'upgrade' && !hasFailed && !isOpen) this.#upgrade();
    return undefined;
  }

  /** Both directions go on with another protocol. */
  #upgrade(): void {
    this.leave(SEND);
    this.leave(RECV);
    this.#replies.miss();
  }

  #answer(code: string | undefined, doubt: AnswerDoubt | undefined, bytes: number, timeMs: number): void {
    this.sink.response({
      kind: 'response',
      direction: RECV,
      id: IN_ORDER,
      error: code === undefined ? undefined : { code, message: '' },
      doubt,
      timeMs,
      bytes: bytes + this.#replies.finished(),
      payload: this.#payload(),
    });
  }

  #payload(): string | undefined {
    const { type, bytes, from, to } = this.#envelope.parameters;
    if (!this.#keepPayload || type === ABSENT) return undefined;
    return decodeUtf8(bytes, from, Math.min(to, from + PAYLOAD_BYTES_MAX));
  }
}

function readMethod({ method, isConclusive }: VarlinkEnvelope): string | { reason: UndecodableReason } {
  const { type, bytes, from, to, isWhole } = method;
  if (type === ABSENT && !isConclusive) return { reason: 'truncated' };
  if (type !== STRING) return { reason: 'not_a_message' };
  if (!isWhole) return { reason: 'truncated' };
  return methods.read(bytes, from, to) ?? { reason: 'malformed' };
}

/** The name of an error is its code. */
function errorCode({ type, bytes, from, to, isWhole }: Token): string {
  const isShort = type === STRING && isWhole && to > from && to - from <= ERROR_BYTES_MAX;
  return (isShort ? readText(bytes, from, to) : undefined) ?? OTHER;
}

/**
 * Varlink: https://varlink.org. JSON objects with a NUL behind each, answered in the order of the calls. Only the client calls. A
 * call may ask for more than one reply, or for none.
 */
export const varlink: Protocol = {
  ...varlinkFraming,
  matching: 'order',
  convention: RPC,
  spanAttributes: () => ({}),
  createDecoder: (sink, settings) => new VarlinkDecoder(sink, settings),
};
