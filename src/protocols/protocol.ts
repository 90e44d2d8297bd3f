import type { Attributes, Convention } from './conventions.js';
import type { Direction } from './direction.js';
import type { ProtocolFraming } from './framing/protocol-framing.js';

/** Why a message, or what may have been one, was not understood; values of the attribute `reason`. */
export const UNDECODABLE_REASONS = [
  /** Not what the framing or the encoding allows. */
  'malformed',
  /** Well-formed, but no request or response of the protocol. */
  'not_a_message',
  /** The method or what tells a request from a response lies beyond what was captured. */
  'truncated',
  /** Longer, deeper or more numerous than a bound allows. */
  'too_large',
  /** Compressed, or encrypted, or otherwise not readable without more effort than is made. */
  'encoded',
  /** What it says refers to what was said before, and is missing: to headers of HTTP/2 that a sender does not repeat. */
  'state_lost',
  /** The conversation speaks no protocol that is known. Counted once for each conversation. */
  'unknown_protocol',
] as const;

export type UndecodableReason = (typeof UNDECODABLE_REASONS)[number];

/** Why an answer does not tell how its call ended. */
export const ANSWER_DOUBTS = [
  /** What tells success from failure lies beyond what was captured. */
  'truncated',
  /** What tells success from failure refers to what was said before, and is missing. */
  'state_lost',
  /** It is none that the protocol knows: it says neither that the call succeeded nor that it failed. */
  'no_outcome',
  /** Answered, but the answer cannot be read, and what carries it does not tell either. */
  'not_understood',
  /** Taken on only: the answer comes on another connection, and nothing says when. */
  'answered_elsewhere',
  /** Answered in parts, and the connection ended before the last of them. */
  'unfinished',
  /** A message was missed where answers come in the order of the requests: they cannot be told apart any more. */
  'order_lost',
] as const;

export type AnswerDoubt = (typeof ANSWER_DOUBTS)[number];

/**
 * What an answer and its request have in common, as text: an id in the protocol's own spelling, or the number of a stream.
 * Several requests with one id are answered in their order. Of a protocol whose ids are numbers or texts, an id that is a
 * text begins with TEXT_ID_MARK.
 */
export type CallId = string;

/** Tells the text `1` from the number. */
export const TEXT_ID_MARK = '"';

/** The id of all calls of a protocol whose answers come in the order of the requests. */
export const IN_ORDER: CallId = '';

/** A message that asks for something. */
export interface Request {
  readonly kind: 'request';
  readonly direction: Direction;
  /** As it was sent, escapes decoded, cut to a bounded length. */
  readonly method: string;
  /** What its method works on, where that is a property of the connection: a database. Bounded length. */
  readonly namespace?: string | undefined;
  /** What OpenTelemetry calls the system that answers, where a protocol has several: one of a few words. Default: the protocol's name. */
  readonly system?: string | undefined;
  /** undefined for a notification, which has no answer. */
  readonly id: CallId | undefined;
  /** The id as text for people and spans: `1`, `abc`. undefined where there is none, or none that says anything. */
  readonly idText: string | undefined;
  /**
   * Whether it may be a notification: its id lies beyond what was captured, and `id` is undefined; or it has one that says
   * nothing, which some answer and others do not. Or that it had ended was seen late, and its answer may have gone before.
   */
  readonly isIdUnknown: boolean;
  /** Its answer does not come on this connection, as that to what a server asks in an event stream of HTTP. */
  readonly isAnsweredElsewhere: boolean;
  /** The protocol that it is of, if that is one that carries the decoder's: it carries nothing of that. */
  readonly carrier?: string | undefined;
  /** When its first byte was seen, monotonic ms. */
  readonly timeMs: number;
  /** Its length, with what was not captured; an element of a batch has its own. */
  readonly bytes: number;
  /** W3C trace context, if the request carries one (well-formed, version 00 or later). */
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  /** The captured part of its parameters as text, if the decoder was asked to keep payload. */
  readonly payload: string | undefined;
  /** What only its span says of it. */
  readonly attributes?: Attributes | undefined;
  /** The same of what may be secret: it is shown as payload is. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  /** What it asks for may fail in a response that is none of an error: the result says so. */
  readonly hasInnerOutcome?: boolean;
  /** The id of a call that whoever sends this does not wait for any more, … */
  readonly cancels?: CallId | undefined;
  /** … or will not answer: the other side has asked it. */
  readonly cancelsAsked?: boolean;
}

/** A message that answers a request. */
export interface Response {
  readonly kind: 'response';
  /** Its own direction: against that of its request. */
  readonly direction: Direction;
  /** undefined when it lies beyond what was captured, or when its sender could not tell which request it answers. */
  readonly id: CallId | undefined;
  /** undefined when it succeeded, or when there is a doubt. */
  readonly error: CallError | undefined;
  /** Why it does not tell whether the call succeeded; undefined when it does. */
  readonly doubt: AnswerDoubt | undefined;
  /** What its result says of what was asked for, where a request has an inner outcome. */
  readonly inner?: InnerOutcome | undefined;
  /** The status code of a success, bounded in length, where there are several. */
  readonly statusCode?: string | undefined;
  /** When its first byte was seen, monotonic ms, where that is worth telling: answers may last for hours. */
  readonly firstByteMs?: number | undefined;
  /** When its last byte was seen, or the end of a connection with which it has ended, monotonic ms. */
  readonly timeMs: number;
  readonly bytes: number;
  /** Bytes of the request that came after that was told of. */
  readonly requestBytes?: number;
  /** The captured part of its result or error as text, if the decoder was asked to keep payload. */
  readonly payload: string | undefined;
}

/** An error, or why it is not known whether there is one. */
export type InnerOutcome =
  | { readonly error: CallError; readonly doubt?: undefined }
  | { readonly error?: undefined; readonly doubt: AnswerDoubt };

export interface CallError {
  /** The status code as text, bounded in length: `-32601`. */
  readonly code: string;
  /** The code is none of the protocol's, but of what carries it, as a status of HTTP, or of what it carries. */
  readonly isForeign?: boolean;
  /** What the server says of it, cut to a bounded length; may be empty. */
  readonly message: string;
}

/** Takes what a decoder finds, in the order of the bytes. */
export interface MessageSink {
  request(request: Request): void;
  response(response: Response): void;
  undecodable(direction: Direction, reason: UndecodableReason): void;
}

/**
 * Understands one conversation: both directions of a connection. It is pure: no clock, no I/O, and it
 * never throws, whatever the bytes are. What it keeps is bounded.
 */
export interface Decoder {
  /**
   * bytes[from, to) follow what came before in that direction. They are the caller's again when this
   * returns. As for a framer, bytes[to] is there and may be overwritten.
   */
  data(direction: Direction, bytes: Uint8Array, from: number, to: number, timeMs: number): void;
  /**
   * `count` bytes were not captured. `endsUnit`: the last of them ends a message, or the body or header
   * block of one.
   */
  gap(direction: Direction, count: number, endsUnit: boolean, timeMs: number): void;
  /** Records were lost: an unknown number of bytes is missing in both directions. */
  lose(): void;
  /**
   * The connection has ended: what ends with the stream, as a last line without a line feed, is whole. Nothing
   * is shown after it.
   */
  end(timeMs: number): void;
  /** Lets go of what is kept of messages that have not ended. Nothing is shown after it. */
  release(): void;
  /** Whether it has given the conversation up; it need not be told of it any more. */
  readonly hasGivenUp: boolean;
  /** What decodes the rest of the conversation, which is another protocol, as both ends have agreed. It is to be told instead. */
  readonly successor?: Decoder | undefined;
}

/** Memory for messages that have not ended, shared by the conversations of one client. */
export interface DecoderMemory {
  /** Whether there are so many bytes; they are taken then. */
  take(bytes: number): boolean;
  give(bytes: number): void;
  /** What is not needed at the moment is better given back. */
  readonly isScarce: boolean;
}

export interface DecoderSettings {
  /** Keep the captured text of parameters and results. */
  readonly keepPayload: boolean;
  /** Protocols that are tried: messages of those that may carry this one are told of, too, where they carry nothing of it. */
  readonly carriers?: readonly string[];
  /** Templates of paths, where the protocol has paths, beside those that are known. */
  readonly routes?: readonly string[];
  /** Default: as much as is needed. */
  readonly memory?: DecoderMemory;
  /**
   * Makes the decoder of the protocol with that name, which follows on the connection in both directions: of no call from before
   * anything more is told. undefined if it is not tried.
   */
  readonly succeed?: (protocol: string) => Decoder | undefined;
  /** It follows another protocol, in which its first request was made. */
  readonly isSuccessor?: boolean;
}

/**
 * How answers find their requests.
 *
 * - `id`: each names its request. The id may lie beyond what was captured: such an answer is taken for that to the only
 *   call that is outstanding, and the span says so.
 * - `order`: they come in the order of the requests. Once a message is missed, it cannot be told which answer belongs to
 *   which request that was sent before.
 * - `exchange`: so they do, but the decoder counts them, and gives each request an id that its answer has. It knows when they can be
 *   told apart again.
 */
export type Matching = 'id' | 'order' | 'exchange';

/** A protocol: how its messages are framed, decoded and matched, and what they mean. */
export interface Protocol extends ProtocolFraming {
  readonly matching: Matching;
  readonly convention: Convention;
  /** The protocols that may carry it, by name. */
  readonly carriers?: readonly string[];
  /** What a span says of a request beside what the convention has. */
  spanAttributes(request: Request): Attributes;
  createDecoder(sink: MessageSink, settings: DecoderSettings): Decoder;
}

/** Protocols by their names. */
export type Protocols = Readonly<Record<string, Protocol>>;
