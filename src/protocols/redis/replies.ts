import { RECV } from '../direction.js';
import type { FramedMessage } from '../framed-decoder.js';
import { LINE_FEED } from '../framing/bytes.js';
import type { AnswerDoubt, DecoderMemory, MessageSink, UndecodableReason } from '../protocol.js';
import { decodeUtf8 } from '../text.js';
import {
  DISCARD,
  type Effect,
  EXEC,
  ExpectedReplies,
  MONITOR,
  MULTI,
  PSYNC,
  RESET,
  SELECT,
  SUBSCRIBE,
} from './expected-replies.js';
import { Namespace } from './namespace.js';
import { ReplyReader, SUBSCRIPTIONS } from './reply-reader.js';
import { Transaction } from './transaction.js';

const PAYLOAD_BYTES_MAX = 64 * 1024;
const QUEUED_BYTES = '+QUEUED\r\n'.length;

/** Of a command to subscribe: which, and to how many channels. */
const SUBSCRIPTION_BITS = 3;

/** How a command ended. */
interface Outcome {
  readonly code?: string | undefined;
  readonly doubt?: AnswerDoubt;
}

const FINE: Outcome = {};

/**
 * What is received: finds the command that each reply answers, and tells how that ended. A command has one reply, except:
 *
 *   SUBSCRIBE a b ─► one for each channel, and then whatever is published
 *   MULTI, SET … ─► +QUEUED; EXEC ─► an array of the replies to all that was queued
 *   MONITOR ─► +OK, and then lines of others' commands
 *
 * What is pushed answers nothing.
 */
export class Replies {
  readonly namespace = new Namespace();
  readonly #sink: MessageSink;
  readonly #keepPayload: boolean;
  readonly #expected: ExpectedReplies;
  readonly #transaction: Transaction;
  readonly #reply = new ReplyReader();
  /** Arrays may be what is published, as before RESP3. */
  #isSubscribed = false;
  #isMonitor = false;
  /** Bytes of what has answered the first command in part; 0 while nothing has. */
  #partBytes = 0;
  #latestMs = 0;

  constructor(sink: MessageSink, keepPayload: boolean, memory: DecoderMemory | undefined) {
    this.#sink = sink;
    this.#keepPayload = keepPayload;
    this.#expected = new ExpectedReplies(memory);
    this.#transaction = new Transaction(memory);
  }

  /** Something is seen of the connection. */
  heard(timeMs: number): void {
    this.#expected.heard(timeMs);
    this.#latestMs = timeMs;
  }

  /** A command is answered. Its number; whether its reply is found can be seen from `finds`. */
  expect(effect: Effect, isSecret: boolean, detail: number): number {
    if (this.#expected.asks()) this.miss();
    const number = this.#expected.add(effect, isSecret, detail);
    if (number > 0) return number;
    this.miss();
    return this.#expected.skipNumber();
  }

  /** Whether the reply to a command will be known for that. */
  finds(number: number): boolean {
    return number >= this.#expected.first && this.#expected.count > 0;
  }

  /** The outcome of a command is not known. */
  doubt(number: number, doubt: AnswerDoubt): void {
    this.#tell(number, { doubt }, 0, undefined);
  }

  /** Messages were missed: it cannot be told which command the next reply is to. */
  miss(doubt: AnswerDoubt = 'order_lost'): void {
    this.#dropQueued(doubt);
    const { first, count } = this.#expected;
    for (let i = 0; i < count; i++) this.doubt(first + i, doubt);
    this.#expected.miss();
    this.#partBytes = 0;
    this.namespace.forget();
  }

  end(timeMs: number): void {
    this.#latestMs = timeMs;
    this.#dropQueued('unfinished');
    if (this.#partBytes === 0) return;
    this.#tell(this.#expected.first, { doubt: 'unfinished' }, this.#partBytes, undefined);
    this.#expected.take();
  }

  release(): void {
    this.#transaction.close();
    this.#expected.release();
  }

  /** Reads what was received. `stream`: the connection goes on with what a replica gets; `stray`: nothing was expected. */
  read(message: FramedMessage): UndecodableReason | 'stream' | 'stray' | undefined {
    const { bytes, from, to } = message;
    if (bytes[from] === LINE_FEED) return undefined;
    const reply = this.#reply;
    const isSeen = reply.read(bytes, from, to);
    const published = this.#published();
    if (published === undefined) return 'truncated';
    if (published >= 0) this.#subscribed(published, message);
    if (published >= 0 || reply.isPush) return undefined;
    if (this.#isMonitor && reply.isStatus && reply.isOfMonitor !== false) return undefined;
    if (this.#expected.count === 0) return this.#stray(message, isSeen);
    return this.#answer(message, isSeen);
  }

  /** What is published, if it is; -1 if it is not, or does not matter. */
  #published(): number | undefined {
    const { isPush, isList, published } = this.#reply;
    const isAnswer = this.#expected.count > 0;
    const isAwaited = isAnswer && this.#expected.effect === SUBSCRIBE;
    if (!isList || (isAnswer && !isPush && !isAwaited && !this.#isSubscribed)) return -1;
    return published ?? (isAwaited || (isAnswer && !isPush) ? undefined : -1);
  }

  /** Something is published. It may say that a channel was subscribed to. */
  #subscribed(published: number, message: FramedMessage): void {
    const isDone = published < SUBSCRIPTIONS.length;
    if (!this.#reply.isPush) this.#isSubscribed = !isDone || this.#reply.subscriptions !== 0;
    if (!isDone) return;
    const expected = this.#expected;
    const isAwaited = expected.count > 0 && expected.effect === SUBSCRIBE;
    const { detail, first, isSecret } = expected;
    if (!isAwaited || (detail & (2 ** SUBSCRIPTION_BITS - 1)) !== published) return;
    this.#partBytes += message.length;
    if (detail >> SUBSCRIPTION_BITS > 1) {
      expected.detail = detail - 2 ** SUBSCRIPTION_BITS;
      return;
    }
    expected.take();
    this.#tell(first, FINE, this.#partBytes, this.#payload(message, isSecret));
    this.#partBytes = 0;
  }

  /** It answers nothing that was seen. */
  #stray(message: FramedMessage, isSeen: boolean): 'stray' | undefined {
    if (this.#expected.isLost) return undefined;
    this.#expected.strayed();
    this.#tell(this.#expected.skipNumber(), this.#outcome(isSeen), message.length, undefined);
    return 'stray';
  }

  #answer(message: FramedMessage, isSeen: boolean): 'stream' | undefined {
    const { effect, isSecret, detail, first } = this.#expected;
    this.#expected.take();
    const isQueued = this.#reply.isStatus ? this.#reply.isQueued : false;
    if (isQueued === true) {
      if (effect === SELECT) this.namespace.answer(true, undefined);
      this.#queue(first, effect, isSecret);
      return undefined;
    }
    const hasSecret = isSecret || (effect === EXEC && this.#transaction.isSecret);
    const mayBeQueued = isQueued === undefined && this.#transaction.isOpen;
    const outcome: Outcome = mayBeQueued ? { doubt: 'truncated' } : this.#outcome(isSeen);
    this.#apply(effect, outcome, detail);
    const bytes = message.length + this.#partBytes;
    this.#partBytes = 0;
    this.#tell(first, outcome, bytes, this.#payload(message, hasSecret));
    return effect === PSYNC && outcome.code === undefined ? 'stream' : undefined;
  }

  #outcome(isSeen: boolean): Outcome {
    if (!isSeen) return { doubt: 'truncated' };
    return this.#reply.error === undefined ? FINE : { code: this.#reply.error };
  }

  /** What a command that has been carried out means for those that follow. */
  #apply(effect: Effect, { code, doubt }: Outcome, detail: number): void {
    if (effect === SELECT) this.namespace.answer(code !== undefined, detail > 0 ? detail - 1 : undefined);
    else if (effect === EXEC) this.#execute();
    if (code !== undefined || doubt !== undefined) return;
    if (effect === MULTI) this.#transaction.open();
    else if (effect === MONITOR) this.#isMonitor = true;
    else if (effect === DISCARD) this.#dropQueued('no_outcome');
    else if (effect === RESET) {
      this.#dropQueued('no_outcome');
      this.#isSubscribed = this.#isMonitor = false;
      this.namespace.reset();
    }
  }

  /** A command is put off until EXEC. */
  #queue(number: number, effect: Effect, isSecret: boolean): void {
    const transaction = this.#transaction;
    transaction.hasSelect ||= effect === SELECT;
    transaction.hasSubscribe ||= effect === SUBSCRIBE;
    transaction.isSecret ||= isSecret;
    if (transaction.isOpen && transaction.add(number)) return;
    this.#tell(number, { doubt: 'no_outcome' }, QUEUED_BYTES, undefined);
  }

  /** What was put off has been carried out, if the reply to EXEC has an element for each. */
  #execute(): void {
    const { count, hasSelect, hasSubscribe } = this.#transaction;
    const { elements, isList } = this.#reply;
    if (hasSelect) this.namespace.forget();
    this.#isSubscribed ||= hasSubscribe;
    if (!isList || elements !== count) {
      this.#dropQueued(isList && elements === undefined ? 'truncated' : 'no_outcome');
      return;
    }
    const numbers = this.#transaction.close();
    this.#reply.eachElement(count, (index, isKnown, code) =>
      this.#tell(numbers[index], isKnown ? { code } : { doubt: 'truncated' }, QUEUED_BYTES, undefined),
    );
  }

  /** What was put off is not carried out, or its outcome not seen. */
  #dropQueued(doubt: AnswerDoubt): void {
    for (const number of this.#transaction.close()) this.#tell(number, { doubt }, QUEUED_BYTES, undefined);
  }

  #tell(number: number, { code, doubt }: Outcome, bytes: number, payload: string | undefined): void {
    this.#sink.response({
      kind: 'response',
      direction: RECV,
      id: String(number),
      // What a server says of an error quotes keys and values.
      error: code === undefined ? undefined : { code, message: '' },
      doubt,
      timeMs: this.#latestMs,
      bytes,
      payload,
    });
  }

  #payload({ bytes, from, to, isWhole }: FramedMessage, isSecret: boolean): string | undefined {
    if (!this.#keepPayload || isSecret) return undefined;
    const end = isWhole ? to - 2 : to;
    return decodeUtf8(bytes, from, Math.min(end, from + PAYLOAD_BYTES_MAX));
  }
}

/** Of a command to subscribe, by its name, to so many channels: what goes with it. */
export function subscriptionDetail(method: string, channels: number): number {
  const names: readonly string[] = SUBSCRIPTIONS;
  return names.indexOf(method) | (Math.max(1, channels) << SUBSCRIPTION_BITS);
}
