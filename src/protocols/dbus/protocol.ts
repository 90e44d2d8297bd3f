import { OTHER, RPC } from '../conventions.js';
import { type Direction, RECV, SEND } from '../direction.js';
import { FramedDecoder, type FramedMessage } from '../framed-decoder.js';
import type { CallId, DecoderSettings, MessageSink, Protocol, UndecodableReason } from '../protocol.js';
import { decodeUtf8 } from '../text.js';
import { WireNames } from '../wire-names.js';
import { dbusFraming } from './framing/index.js';
import {
  BIG_ENDIAN,
  ERROR,
  HEADER_BYTES,
  LITTLE_ENDIAN,
  METHOD_CALL,
  METHOD_RETURN,
  MessageHeader,
  NO_REPLY_EXPECTED,
  SIGNAL,
} from './framing/message-header.js';
import { HeaderFields, type TextPlace } from './header-fields.js';

/** All conversations of a thread share them: they have most names in common. */
const methods = new WireNames('.');
const errors = new WireNames();

/** The specification allows no longer names. */
const NAME_BYTES_MAX = 255;

const BECOME_MONITOR = 'org.freedesktop.DBus.Monitoring.BecomeMonitor';

class DBusDecoder extends FramedDecoder {
  readonly #header = new MessageHeader();
  readonly #fields = new HeaderFields();
  /** The call by which the client asks to see what others say, and whether it does. */
  #monitorId: CallId | undefined;
  #isMonitor = false;

  constructor(sink: MessageSink, { memory }: DecoderSettings) {
    super(dbusFraming, sink, memory);
  }

  protected override read(direction: Direction, message: FramedMessage): void {
    if (isLine(message)) return;
    // Of others, which are neither the client's nor for it.
    if (this.#isMonitor && direction === RECV) return;
    const reason = this.#tell(direction, message);
    if (reason !== undefined && !message.isSuspect) this.sink.undecodable(direction, reason);
  }

  #tell(direction: Direction, message: FramedMessage): UndecodableReason | undefined {
    const { bytes, from, to } = message;
    const header = this.#header;
    if (to - from < HEADER_BYTES) return 'truncated';
    header.read(bytes, from);
    const status = this.#fields.read(bytes, from, to, header.fieldsBytes);
    if (status === 'malformed') return 'malformed';
    const isCut = status === 'cut';
    switch (header.type) {
      case METHOD_CALL:
      case SIGNAL:
        return this.#ask(direction, message, isCut);
      case METHOD_RETURN:
      case ERROR:
        return this.#answer(direction, message, isCut);
      default:
        // What later versions may have is to be passed over.
        return undefined;
    }
  }

  #ask(direction: Direction, message: FramedMessage, isCut: boolean): UndecodableReason | undefined {
    const { type, flags, serial } = this.#header;
    const { interface: name, member, sender } = this.#fields;
    // Without an interface, it is the only one with such a member.
    if (member.isEmpty || (name.isEmpty && isCut)) return isCut ? 'truncated' : 'not_a_message';
    const isAnswered = type === METHOD_CALL && (flags & NO_REPLY_EXPECTED) === 0;
    const isIdUnknown = isAnswered && isCut && direction === RECV && sender.isEmpty;
    const { bytes } = message;
    const method = methods.two(bytes, name.from, name.to, member.from, member.to);
    const id = isAnswered && !isIdUnknown ? idOf(direction === RECV, sender, bytes, serial) : undefined;
    if (direction === SEND && method === BECOME_MONITOR) this.#monitorId = id;
    this.sink.request({
      kind: 'request',
      direction,
      method,
      id,
      idText: id,
      isIdUnknown,
      isAnsweredElsewhere: false,
      timeMs: message.beginMs,
      bytes: message.length,
      traceparent: undefined,
      tracestate: undefined,
      payload: undefined,
    });
    return undefined;
  }

  #answer(direction: Direction, message: FramedMessage, isCut: boolean): UndecodableReason | undefined {
    const { replySerial, errorName, destination } = this.#fields;
    const { bytes } = message;
    if (replySerial === 0 && !isCut) return 'not_a_message';
    const isUnknown = replySerial === 0 || (isCut && direction === SEND && destination.isEmpty);
    const id = isUnknown ? undefined : idOf(direction === SEND, destination, bytes, replySerial);
    const hasFailed = this.#header.type === ERROR;
    if (direction === RECV && id !== undefined && id === this.#monitorId) this.#isMonitor = !hasFailed;
    this.sink.response({
      kind: 'response',
      direction,
      id,
      error: hasFailed ? { code: codeOf(errorName, bytes), message: '' } : undefined,
      doubt: undefined,
      timeMs: message.endMs,
      bytes: message.length,
      payload: undefined,
    });
    return undefined;
  }
}

/** Whether it is one of the lines before the first message. `BEGIN` has the first letter of a message in it. */
function isLine({ bytes, from, to }: FramedMessage): boolean {
  if (bytes[from] === LITTLE_ENDIAN) return false;
  return bytes[from] !== BIG_ENDIAN || (to - from > 1 && bytes[from + 1] > SIGNAL);
}

/**
 * A client numbers its calls. A bus passes calls on with the number that their sender gave them, so what is called by the bus is
 * called by several, each with numbers of its own. `isOfSeveral`: so it is, and `other` is the name of who calls.
 */
function idOf(isOfSeveral: boolean, other: TextPlace, bytes: Uint8Array, serial: number): CallId {
  if (!isOfSeveral || other.isEmpty) return String(serial);
  return `${decodeUtf8(bytes, other.from, Math.min(other.to, other.from + NAME_BYTES_MAX))} ${serial}`;
}

/** The name of an error is its code. */
function codeOf({ isEmpty, from, to }: TextPlace, bytes: Uint8Array): string {
  return isEmpty || to - from > NAME_BYTES_MAX ? OTHER : errors.one(bytes, from, to);
}

/**
 * D-Bus: https://dbus.freedesktop.org/doc/dbus-specification.html. Client and bus, or two ends without a bus, call each other; who
 * answers names the number of the call. Signals are notifications.
 */
export const dbus: Protocol = {
  ...dbusFraming,
  matching: 'id',
  convention: RPC,
  spanAttributes: () => ({}),
  createDecoder: (sink, settings) => new DBusDecoder(sink, settings),
};
