import type { Direction } from '../../../protocols/direction.js';
import type {
  Decoder,
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
  readonly #decoder: Decoder | undefined;
  /** Known before the first message is. */
  #speaker: Speaker | undefined;
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
      unmatched: (_: Response, reason: UnmatchedReason) => this.#unmatched(reason),
    };
    this.#tracker = new CallTracker(settings.coverage, events, () => recorder.client.calls);
    this.#decoder = this.#createDecoder();
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
    if (ordinal !== this.#nextOrdinal) this.#lose();
    this.#nextOrdinal = ordinal + 1;
    this.#weight = record.weight;
    if (this.#decoder === undefined) return;
    this.#decode(this.#decoder, record);
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
    const speaker = this.#known;
    this.recorder.countRequest(request, speaker, count);
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

  get #known(): Speaker {
    if (this.#speaker === undefined) throw new Error('a message before its protocol is known');
    return this.#speaker;
  }

  #createDecoder(): Decoder | undefined {
    const { settings, protocols } = this.recorder;
    const decoding = {
      keepPayload: settings.payload !== 'none',
      memory: new ConversationMemory(this.recorder),
    };
    const [only, another] = protocols;
    if (only === undefined) return undefined;
    if (another !== undefined)
      return new ProtocolTrial(protocols, this, decoding, (protocol) => this.#settle(protocol));
    this.#settle(only);
    return only.createDecoder(this, decoding);
  }

  #settle(protocol: Protocol): void {
    this.#speaker = this.recorder.speaker(protocol, this.id);
    this.#tracker.matching = protocol.matching;
  }

  #decode(decoder: Decoder, record: RecordView): void {
    const { direction, timeMs, pieces, bytes } = record;
    let from = record.bytesFrom;
    for (let piece = 0; piece < pieces && !decoder.hasGivenUp; piece++) {
      const to = from + record.kept(piece);
      if (to > from) {
        // The decoder may overwrite the byte behind what it is shown, which is the next piece's first.
        const behind = bytes[to];
        decoder.data(direction, bytes, from, to, timeMs);
        bytes[to] = behind;
      }
      from = to;
      const skipped = record.skipped(piece);
      const endsUnit = record.endsUnit(piece);
      if (skipped > 0 || endsUnit) decoder.gap(direction, skipped, endsUnit, timeMs);
    }
  }

  /** Records of this connection are missing. */
  #lose(): void {
    this.#tracker.lose(this.#timeMs);
    this.#decoder?.lose();
  }

  #answered({ request, count }: PendingCall, response: Response, by: MatchedBy): void {
    this.#health[CALLS_ACTIVE]--;
    if (response.doubt !== undefined) this.#health[unknownColumn(response.doubt)]++;
    this.recorder.finishAnswered(request, response, by, this.#known, count);
  }

  #unanswered({ request, count }: PendingCall, reason: UnansweredReason): void {
    this.#health[CALLS_ACTIVE]--;
    this.#health[unansweredColumn(reason)]++;
    this.recorder.finishUnanswered(request, this.#timeMs, this.#known, count);
  }

  #unknown({ request, count }: PendingCall, reason: UnknownReason): void {
    this.#health[CALLS_ACTIVE]--;
    this.#health[unknownColumn(reason)]++;
    if (reason === 'evicted') this.recorder.lose('pending_calls', 1);
    this.recorder.finishUnknown(request, reason, this.#known, count);
  }

  #unmatched(reason: UnmatchedReason): void {
    this.#health[unmatchedColumn(reason)]++;
  }
}
