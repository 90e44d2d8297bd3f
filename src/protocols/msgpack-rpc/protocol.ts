import { OTHER, RPC } from '../conventions.js';
import type { Direction } from '../direction.js';
import { FramedDecoder, type FramedMessage } from '../framed-decoder.js';
import type {
  AnswerDoubt,
  CallId,
  DecoderSettings,
  MessageSink,
  Protocol,
  UndecodableReason,
} from '../protocol.js';
import { WireNames } from '../wire-names.js';
import { NOTIFICATION, REQUEST, RESPONSE } from './framing/first-message.js';
import { msgpackRpcFraming } from './framing/index.js';
import { ValueReader, type ValueType } from './value-reader.js';

/** All conversations of a thread share it: they have most methods in common. */
const methods = new WireNames();

class MsgpackRpcDecoder extends FramedDecoder {
  readonly #values = new ValueReader();

  constructor(sink: MessageSink, { memory }: DecoderSettings) {
    super(msgpackRpcFraming, sink, memory);
  }

  protected override read(direction: Direction, message: FramedMessage): void {
    const reason = this.#tell(direction, message);
    if (reason === undefined || message.isSuspect) return;
    // Of a whole message nothing is missing but what there never was.
    this.sink.undecodable(direction, reason === 'truncated' && message.isWhole ? 'not_a_message' : reason);
  }

  #tell(direction: Direction, message: FramedMessage): UndecodableReason | undefined {
    const values = this.#values;
    values.open(message.bytes, message.from, message.to);
    const array = values.next();
    if (array !== 'array') return reasonOf(array);
    const { value: elements } = values;
    const first = values.next();
    if (first !== 'integer') return reasonOf(first);
    const { value: type } = values;
    if (type === NOTIFICATION && elements === 3) return this.#ask(direction, message, undefined);
    if ((type !== REQUEST && type !== RESPONSE) || elements !== 4) return 'not_a_message';
    const second = values.next();
    if (second === 'cut' && type === RESPONSE)
      return this.#answer(direction, message, undefined, 'truncated');
    if (second !== 'integer') return reasonOf(second);
    const { digits: id } = values;
    return type === REQUEST
      ? this.#ask(direction, message, id)
      : this.#answer(direction, message, id, values.next());
  }

  #ask(direction: Direction, message: FramedMessage, id: CallId | undefined): UndecodableReason | undefined {
    const method = this.#values.next();
    if (method !== 'text') return reasonOf(method);
    const { from, end } = this.#values;
    if (end > message.to) return message.isWhole ? 'malformed' : 'truncated';
    this.sink.request({
      kind: 'request',
      direction,
      method: methods.one(message.bytes, from, end),
      id,
      idText: id,
      isIdUnknown: false,
      isAnsweredElsewhere: false,
      timeMs: message.beginMs,
      bytes: message.length,
      traceparent: undefined,
      tracestate: undefined,
      payload: undefined,
    });
    return undefined;
  }

  /** `error`: what the place of the error has, or a doubt. */
  #answer(
    direction: Direction,
    message: FramedMessage,
    id: CallId | undefined,
    error: ValueType | AnswerDoubt,
  ): UndecodableReason | undefined {
    if (error === 'malformed') return 'malformed';
    const isUnknown = error === 'cut' || error === 'truncated';
    const hasFailed = !isUnknown && error !== 'nil';
    this.sink.response({
      kind: 'response',
      direction,
      id,
      error: hasFailed ? { code: this.#codeOf(error as ValueType), message: '' } : undefined,
      doubt: isUnknown ? 'truncated' : undefined,
      timeMs: message.endMs,
      bytes: message.length,
      payload: undefined,
    });
    return undefined;
  }

  /** An error may be anything. A number is its code, also as the first of several values, as Neovim has it; a text is none. */
  #codeOf(error: ValueType): string {
    const values = this.#values;
    if (error === 'integer') return values.digits;
    if (error !== 'array' || values.value === 0) return OTHER;
    return values.next() === 'integer' ? values.digits : OTHER;
  }
}

/** Why what should have been something else is none. */
function reasonOf(type: ValueType): UndecodableReason {
  if (type === 'cut') return 'truncated';
  return type === 'malformed' ? 'malformed' : 'not_a_message';
}

/**
 * MessagePack-RPC: https://github.com/msgpack-rpc/msgpack-rpc/blob/master/spec.md. Either side may call the other; who answers
 * names the number of the call.
 */
export const msgpackRpc: Protocol = {
  ...msgpackRpcFraming,
  matching: 'id',
  convention: RPC,
  spanAttributes: () => ({}),
  createDecoder: (sink, settings) => new MsgpackRpcDecoder(sink, settings),
};
