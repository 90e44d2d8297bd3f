import { RECV, SEND } from '../../../protocols/direction.js';
import type { Request, Response } from '../../../protocols/protocol.js';
import type { RecordFields } from '../../capture/ring/record.js';
import type { OperationEvent } from '../events.js';
import type { LossReason } from '../instruments.js';
import type { CallOutcome, CapturedTraffic, GenerationSettings } from '../messages.js';
import { type BoundedNames, OTHER } from './bounded-names.js';
import { callEvent } from './call-event.js';
import type { MatchedBy } from './call-tracker.js';
import type { Client } from './client.js';
import type { Clients } from './clients.js';
import type { EventLog } from './event-log.js';
import { optional } from './optional.js';
import { payloadView } from './payload-view.js';
import { SeriesBook } from './series-book.js';
import { FlowSeries, type SeriesRequests } from './series-requests.js';
import { type FinishedCall, SpanMaker } from './span-maker.js';
import type { SpanOutlet } from './span-outlet.js';
import type { WallClock } from './wall-clock.js';

/** `error.type` of a call without a response, where a response would have been seen. */
const NO_RESPONSE = 'no_response';

const SUCCESS: CallOutcome = { errorType: undefined, statusCode: undefined };
const UNANSWERED: CallOutcome = { errorType: NO_RESPONSE, statusCode: undefined };

/** The connection that a call is made on, and its protocol. */
export interface Speaker {
  /** The value of `rpc.system.name`. */
  readonly system: string;
  /** Tells the connection from all others of the agent. */
  readonly connection: string;
}

/** What all flows of the enrich thread work with. */
export interface Outlets {
  readonly clock: WallClock;
  readonly clients: Clients;
  readonly series: SeriesRequests;
  readonly spans: SpanOutlet;
  /** Remembers events; undefined while none can be asked for. */
  events: EventLog | undefined;
}

/** The main thread adds the container. */
const NOBODY = Object.freeze({});

/** Records the calls of one flow under one capture generation. */
export class CallRecorder {
  readonly #outlets: Outlets;
  readonly #series: FlowSeries;
  readonly #book: SeriesBook | undefined;
  readonly #spanMaker: SpanMaker;
  #clientWord: number;
  #client: Client;
  #methods: BoundedNames;
  /** Conversations that are read. */
  conversations = 0;
  /** Spans that wait to be handed over. */
  waitingSpans = 0;
  /** What is left of messages that stand for a fraction more than a whole number. */
  #remainder = 0;

  constructor(
    readonly traffic: CapturedTraffic,
    readonly settings: GenerationSettings,
    clientWord: number,
    outlets: Outlets,
  ) {
    this.#outlets = outlets;
    this.#clientWord = clientWord;
    this.#client = outlets.clients.enter(clientWord, settings);
    this.#methods = this.#client.takeNames(settings);
    this.#series = new FlowSeries(traffic, outlets.series, () => this.#client.series);
    const [system] = settings.protocols;
    this.#book = system === undefined ? undefined : new SeriesBook(this.#series, system);
    this.#spanMaker = new SpanMaker(settings);
  }

  /** The client that its traffic is of. */
  get client(): Client {
    return this.#client;
  }

  /** It is another client's. What is waited for, or kept, stays with the first as long as it is. */
  moveTo(clientWord: number): void {
    const { settings } = this;
    const next = this.#outlets.clients.enter(clientWord, settings);
    this.#leaveClient();
    this.#clientWord = clientWord;
    this.#client = next;
    this.#methods = next.takeNames(settings);
  }

  /** How many messages one of this weight stands for: whole numbers that add up to what the weights do. */
  countOf(weight: number): number {
    const exact = weight + this.#remainder;
    const count = Math.floor(exact);
    this.#remainder = exact - count;
    return count;
  }

  /**
   * A message with what may be shown of its payload instead of the payload: a call may wait for minutes, and
   * with thousands of others.
   */
  shown<T extends Request | Response>(message: T): T {
    if (message.payload === undefined) return message;
    const { payload, spanRatio } = this.settings;
    const isSeen = spanRatio > 0 || this.#outlets.events !== undefined;
    return { ...message, payload: isSeen ? payloadView(payload, message.payload) : undefined };
  }

  /** Whether the response to a request can be seen. */
  awaits(request: Request): boolean {
    const { latency, coverage } = this.settings;
    if (!latency || (request.id === undefined && !request.isIdUnknown)) return false;
    return (request.direction === SEND ? coverage.recv : coverage.send) !== 'none';
  }

  /** Its client loses something of its own, for want of room. */
  lose(reason: LossReason, count: number): void {
    this.#series.lose(reason, count);
  }

  /** Nothing is recorded any more. */
  end(): void {
    this.#series.end();
    this.#leaveClient();
  }

  countRequest(request: Request, count: number): void {
    this.#book?.countBytes(this.#methods.of(request.method), request.direction, request.bytes * count);
  }

  /** A call without a known outcome: it is a notification, or responses are not captured. */
  finishUnseen(request: Request, speaker: Speaker, count: number): void {
    this.#finish(request, undefined, undefined, SUCCESS, speaker, count);
  }

  /** A call that was waited for in vain; `isDoubtful`: its response may have come all the same. */
  finishUnanswered(request: Request, speaker: Speaker, count: number, isDoubtful: boolean): void {
    this.#finish(request, undefined, undefined, isDoubtful ? SUCCESS : UNANSWERED, speaker, count);
  }

  finishAnswered(
    request: Request,
    response: Response,
    matchedBy: MatchedBy,
    speaker: Speaker,
    count: number,
  ): void {
    this.#book?.countBytes(this.#methods.of(request.method), response.direction, response.bytes * count);
    this.#finish(request, response, matchedBy, this.#outcomeOf(response), speaker, count);
  }

  /** Remembers an operation for the live stream. `text`: the part of its payload that may be shown. */
  noteOperation(record: RecordFields, connection: string, text: string | undefined): void {
    const { timeMs, direction, size, captured } = record;
    const event = (): OperationEvent => ({
      type: 'operation',
      socket: this.settings.socket,
      container: NOBODY,
      connection,
      timeMs: this.#outlets.clock.at(timeMs),
      direction: direction === RECV ? 'recv' : 'send',
      bytes: size,
      captured,
      ...optional('payload', text),
    });
    this.#outlets.events?.add(event, this.#client.events, this.traffic.flow);
  }

  #outcomeOf({ error }: Response): CallOutcome {
    if (error === undefined) return SUCCESS;
    const code = this.#book?.codes.of(error.code) ?? OTHER;
    return { errorType: code, statusCode: code };
  }

  #finish(
    request: Request,
    response: Response | undefined,
    matchedBy: MatchedBy | undefined,
    outcome: CallOutcome,
    { system, connection }: Speaker,
    count: number,
  ): void {
    const { clock, spans, events } = this.#outlets;
    const method = this.#methods.of(request.method);
    const durationMs = response === undefined ? undefined : Math.max(0, response.timeMs - request.timeMs);
    this.#book?.countCalls(method, outcome, durationMs, count);
    if (this.settings.spanRatio === 0 && events === undefined) return;
    const startMs = clock.at(request.timeMs);
    const call = { request, response, matchedBy, outcome, system, method, startMs, durationMs };
    const span = this.#spanMaker.make(call);
    if (span !== undefined) spans.add(this, span, this.#client.spans);
    if (events !== undefined) this.#noteCall(events, call, connection);
  }

  /** Most events are forgotten before anybody asks: those that hold no payload are put into words only then. */
  #noteCall(events: EventLog, call: FinishedCall, connection: string): void {
    const { socket, payload } = this.settings;
    const describe = () => callEvent({ socket, container: NOBODY, connection }, call);
    if (payload === 'none') {
      events.add(describe, this.#client.events, this.traffic.flow);
    } else {
      const described = describe();
      events.add(() => described, this.#client.events, this.traffic.flow);
    }
  }
  #leaveClient(): void {
    this.#client.giveNames(this.settings);
    this.#outlets.clients.leave(this.#clientWord, this.settings);
  }
}
