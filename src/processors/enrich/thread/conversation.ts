import type { Direction } from '../../../protocols/direction.js';
import type {
  Decoder,
  DecoderSettings,
  MessageSink,
  Protocol,
  Request,
  Response,
  UndecodableReason,
} from '../../../protocols/protocol.js';
import { ProtocolTrial } from '../../../protocols/protocol-trial.js';
import { CROWDED, type RecordView } from '../../capture/ring/record.js';
import {
  CALLS_ACTIVE,
  CALLS_CANCELLED,
  CALLS_DECODED,
  type UnansweredReason,
  type UnknownReason,
  type UnmatchedReason,
  unansweredColumn,
  undecodableColumn,
  unknownColumn,
  unmatchedColumn,
} from '../instruments.js';
import type { CallRecorder, Speaker } from './call-recorder.js';
import { CallTracker } from './call-tracker.js';
import { ConversationMemory } from './client-memory.js';
import type { PendingCall } from './pending-calls.js';
import type { MatchedBy } from './tracker-events.js';

/** What one connection says, as far as it was captured: bytes to messages, and messages to calls. */
export class Conversation implements MessageSink {
  readonly #health: Float64Array;
  /** undefined if nothing is decoded, and once it has given up: what it holds is most of what a conversation holds. */
  #decoder: Decoder | undefined;
  readonly #isDecoded: boolean;
  /** Known before the first message is. */
  #speaker: Speaker | undefined;
  /** Of messages of what carries those of the protocol, by its name. */
  readonly #carriers = new Map<string, Speaker>();
  readonly #tracker: CallTracker;
  #nextOrdinal = 0;
  #weight = 1;
  /** When what is read was captured, monotonic ms. */
  #timeMs = 0;

  /** `id` tells the connection from all others of the agent. */
  constructor(
    readonly id: string,
    readonly recorder: CallRecorder,
    readonly generation: number,
    health: Float64Array,
  ) {
    this.#health = health;
    const { settings } = recorder;
    const events = {
      answered: (call: PendingCall, response: Response, by: MatchedBy) => this.#answered(call, response, by),
      unanswered: (call: PendingCall, reason: UnansweredReason) => this.#unanswered(call, reason),
      unknown: (call: PendingCall, reason: UnknownReason) => this.#unknown(call, reason),
      cancelled: (call: PendingCall) => this.#cancelled(call),
      unmatched: (_: Response, reason: UnmatchedReason) => this.#unmatched(reason),
    };
    this.#tracker = new CallTracker(settings.coverage, events, () => recorder.client.calls);
    this.#decoder = this.#createDecoder();
    this.#isDecoded = this.#decoder !== undefined;
  }

  /** What is spoken, once that is known. */
  get protocol(): string | undefined {
    return this.#speaker?.protocol.name;
  }

  /** Whether others are missing before a record. */
  isBehindGap({ ordinal }: RecordView): boolean {
    return ordinal !== this.#nextOrdinal;
  }

  /** Whether responses are waited for. */
  get isWaiting(): boolean {
    return this.#tracker.size > 0;
  }

  /** Takes in the record that the reader stands at. */
  read(record: RecordView): void {
    const { ordinal, flags } = record;
    this.#timeMs = record.timeMs;
    // A connection that is captured from its middle on begins with such a gap.
    if (this.isBehindGap(record)) this.#lose();
    this.#nextOrdinal = ordinal + 1;
    this.#weight = record.weight;
    if (!this.#isDecoded) return;
    if (this.#decoder !== undefined) this.#decode(this.#decoder, record);
    if ((flags & CROWDED) !== 0) this.undecodable(record.direction, 'too_large');
  }

  /** Lets go of calls that have waited too long. */
  expire(nowMs: number): void {
    this.#tracker.expire(nowMs);
  }

  /** The connection has ended, and nothing of it was missed at the end. */
  end(timeMs: number): void {
    this.#timeMs = timeMs;
    this.#decoder?.end(timeMs);
    this.#decoder?.release();
    this.#tracker.end();
  }

  /** Nothing more will be known of the connection, which may go on. */
  abandon(): void {
    this.#decoder?.release();
    this.#tracker.giveUp('interrupted');
  }

  request(asked: Request): void {
    const request = this.recorder.shown(asked);
    const count = this.recorder.countOf(this.#weight);
    this.#health[CALLS_DECODED]++;
    const speaker = this.#speakerOf(request);
    this.recorder.countRequest(request, speaker, count);
    if (request.cancels !== undefined) this.#tracker.cancel(request, request.cancels);
    if (request.id === undefined && !request.isIdUnknown) {
      this.recorder.finishNotification(request, speaker, count);
      return;
    }
    const hidden = this.recorder.hides(request, speaker.protocol);
    if (hidden !== undefined) {
      this.#health[unknownColumn(hidden)]++;
      this.recorder.finishUnknown(request, hidden, speaker, count);
      return;
    }
    this.#health[CALLS_ACTIVE]++;
    this.#tracker.add(request, count);
  }

  response(response: Response): void {
    if (this.recorder.settings.latency) this.#tracker.answer(this.recorder.shown(response));
  }

  undecodable(direction: Direction, reason: UndecodableReason): void {
    this.#health[undecodableColumn(reason)]++;
    if (reason === 'unknown_protocol') this.#tracker.giveUp('not_understood');
    else this.#tracker.miss(direction, this.#timeMs);
  }

  #speakerOf({ carrier }: Request): Speaker {
    const speaker = carrier === undefined ? this.#speaker : this.#carriers.get(carrier);
    if (speaker === undefined) throw new Error('a message before its protocol is known');
    return speaker;
  }

  #createDecoder(): Decoder | undefined {
    const { settings, tried } = this.recorder;
    const decoding: DecoderSettings = {
      succeed: (name) => this.#succeed(name, decoding),
      keepPayload: settings.payload !== 'none',
      carriers: settings.protocols,
      routes: settings.routes,
      memory: new ConversationMemory(this.recorder),
    };
    const [only, another] = tried;
    if (only === undefined) return undefined;
    if (another !== undefined)
      return new ProtocolTrial(tried, this, decoding, (protocol) => this.#settle(protocol));
    this.#settle(only);
    return only.createDecoder(this, decoding);
  }

  /** The decoder of a protocol that follows, with which this is a conversation of that: nothing from before is waited for. */
  #succeed(name: string, decoding: DecoderSettings): Decoder | undefined {
    const protocol = this.recorder.protocols.find((each) => each.name === name);
    if (protocol === undefined) return undefined;
    this.#tracker.giveUp('not_understood');
    this.#settle(protocol);
    return protocol.createDecoder(this, { ...decoding, isSuccessor: true });
  }

  #settle(protocol: Protocol): void {
    const { recorder, id } = this;
    this.#speaker = recorder.speaker(protocol, id);
    for (const carrier of recorder.protocols) {
      if (protocol.carriers?.includes(carrier.name) === true)
        this.#carriers.set(carrier.name, recorder.speaker(carrier, id));
    }
    this.#tracker.matching = protocol.matching;
  }

  #decode(first: Decoder, record: RecordView): void {
    let decoder = first;
    const { direction, timeMs, pieces, bytes } = record;
    let from = record.bytesFrom;
    for (let piece = 0; piece < pieces && !decoder.hasGivenUp; piece++) {
      const to = from + record.kept(piece);
      if (to > from) {
        // The decoder may overwrite the byte behind what it is shown, which is the next piece's first.
        const behind = bytes[to];
        decoder.data(direction, bytes, from, to, timeMs);
        bytes[to] = behind;
        decoder = this.#follow(decoder);
      }
      from = to;
      const skipped = record.skipped(piece);
      const endsUnit = record.endsUnit(piece);
      if (skipped > 0 || endsUnit) {
        decoder.gap(direction, skipped, endsUnit, timeMs);
        decoder = this.#follow(decoder);
      }
    }
    if (!decoder.hasGivenUp) return;
    decoder.release();
    this.#decoder = undefined;
  }

  /** What decodes the conversation from here on. */
  #follow(decoder: Decoder): Decoder {
    const { successor } = decoder;
    if (successor === undefined) return decoder;
    decoder.release();
    this.#decoder = successor;
    return successor;
  }

  /** Records of this connection are missing. */
  #lose(): void {
    this.#tracker.lose(this.#timeMs);
    this.#decoder?.lose();
  }

  #answered({ request, count }: PendingCall, answer: Response, by: MatchedBy): void {
    const response = withInnerOutcome(answer, request);
    this.#health[CALLS_ACTIVE]--;
    if (response.doubt !== undefined) this.#health[unknownColumn(response.doubt)]++;
    this.recorder.finishAnswered(request, response, by, this.#speakerOf(request), count);
  }

  #unanswered({ request, count }: PendingCall, reason: UnansweredReason): void {
    this.#health[CALLS_ACTIVE]--;
    this.#health[unansweredColumn(reason)]++;
    this.recorder.finishUnanswered(request, this.#timeMs, this.#speakerOf(request), count);
  }

  #unknown({ request, count }: PendingCall, reason: UnknownReason): void {
    this.#health[CALLS_ACTIVE]--;
    this.#health[unknownColumn(reason)]++;
    if (reason === 'evicted') this.recorder.lose('pending_calls', 1);
    this.recorder.finishUnknown(request, reason, this.#speakerOf(request), count);
  }

  #cancelled({ request, count }: PendingCall): void {
    this.#health[CALLS_ACTIVE]--;
    this.#health[CALLS_CANCELLED]++;
    this.recorder.finishCancelled(request, this.#timeMs, this.#speakerOf(request), count);
  }

  #unmatched(reason: UnmatchedReason): void {
    this.#health[unmatchedColumn(reason)]++;
  }
}

/** An answer as it is to its request: what its result says counts only where that has an outcome of its own. */
function withInnerOutcome(answer: Response, { hasInnerOutcome }: Request): Response {
  const { inner, error, doubt } = answer;
  const isPlain =
    hasInnerOutcome !== true || inner === undefined || error !== undefined || doubt !== undefined;
  return isPlain ? answer : { ...answer, ...inner };
}
