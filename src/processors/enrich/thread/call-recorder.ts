import { OTHER } from '../../../protocols/conventions.js';
import { RECV, SEND } from '../../../protocols/direction.js';
import { distinctFramings } from '../../../protocols/framing/protocol-framing.js';
import type { AnswerDoubt, Protocol, Protocols, Request, Response } from '../../../protocols/protocol.js';
import type { RecordFields } from '../../capture/ring/record.js';
import type { OperationEvent } from '../events.js';
import { durationBucket, type LossReason, type UnknownReason } from '../instruments.js';
import type { CapturedTraffic, GenerationSettings, Measurement } from '../messages.js';
import type { BoundedNames } from './bounded-names.js';
import { callEvent } from './call-event.js';
import { CANCELLED, type CallOutcome, failed, succeeded, UNANSWERED, UNKNOWN } from './call-outcome.js';
import type { Client } from './client.js';
import type { Clients } from './clients.js';
import type { EventLog } from './event-log.js';
import { optional } from './optional.js';
import { payloadView, secretsView } from './payload-view.js';
import { SeriesBook, type Target } from './series-book.js';
import { type CountedSeries, FlowSeries, type SeriesRequests } from './series-requests.js';
import { type FinishedCall, SpanMaker } from './span-maker.js';
import type { SpanOutlet } from './span-outlet.js';
import { type StreamPart, streamEvent, weightOf } from './stream-part.js';
import type { MatchedBy } from './tracker-events.js';
import type { WallClock } from './wall-clock.js';

/** On what connection a call is made, and in which protocol. */
export interface Speaker {
  readonly protocol: Protocol;
  /** Where it is counted. */
  readonly series: SeriesBook;
  /** Tells the connection from all others of the agent. */
  readonly connection: string;
}

/** What all flows of the enrich thread work with. */
export interface Outlets {
  readonly clock: WallClock;
  /** Those that settings name. */
  readonly protocols: Protocols;
  readonly clients: Clients;
  readonly series: SeriesRequests;
  readonly spans: SpanOutlet;
  /** Told of each protocol that is understood in a flow. */
  spoken(flow: number, protocol: string): void;
  /** Remembers events; undefined while none can be asked for. */
  events: EventLog | undefined;
}

const MS_PER_SECOND = 1000;

/** The main thread adds the container. */
const NOBODY = Object.freeze({});

/** Records the calls of one flow under one capture generation. */
export class CallRecorder {
  readonly #outlets: Outlets;
  readonly #series: FlowSeries;
  /** Those that may be spoken, the likeliest first. */
  readonly protocols: readonly Protocol[];
  /** Those of them that are told apart by what they begin with. */
  readonly tried: readonly Protocol[];
  readonly #books: ReadonlyMap<Protocol, SeriesBook>;
  readonly #spanMaker: SpanMaker;
  #clientWord: number;
  #client: Client;
  #methods: BoundedNames;
  /** Conversations that are read. */
  conversations = 0;
  /** Spans that wait to be handed over. */
  waitingSpans = 0;
  /** Protocols of which there were requests, and that of the last one. */
  readonly #spoken = new Set<Protocol>();
  #lastSpoken: Protocol | undefined;
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
    this.protocols = settings.protocols.map((name) => outlets.protocols[name]);
    this.tried = distinctFramings(this.protocols);
    this.#books = new Map(
      this.protocols.map((each) => [each, new SeriesBook(this.#series, each, settings.routes)]),
    );
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

  /** A connection on which a protocol is spoken that is one of `protocols`. */
  speaker(protocol: Protocol, connection: string): Speaker {
    const series = this.#books.get(protocol);
    if (series === undefined) throw new Error(`${protocol.name} is not spoken here`);
    return { protocol, series, connection };
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
    const secrets = message.kind === 'request' ? message.secrets : undefined;
    if (message.payload === undefined && secrets === undefined) return message;
    const { payload, spanRatio } = this.settings;
    const isSeen = spanRatio > 0 || this.#outlets.events !== undefined;
    const shown = { ...message, payload: isSeen ? payloadView(payload, message.payload) : undefined };
    return secrets === undefined ? shown : { ...shown, secrets: secretsView(payload, secrets) };
  }

  /** Why the outcome of a request will not be known, however long it is waited for; undefined: it may be. */
  hides(request: Request, { matching }: Protocol): UnknownReason | undefined {
    const { latency, coverage } = this.settings;
    if (request.isAnsweredElsewhere) return 'answered_elsewhere';
    const isSeen =
      matching !== 'id'
        ? coverage.send === 'all' && coverage.recv === 'all'
        : (request.direction === SEND ? coverage.recv : coverage.send) !== 'none';
    return latency && isSeen ? undefined : 'not_captured';
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

  countRequest(request: Request, speaker: Speaker, count: number): void {
    if (speaker.protocol !== this.#lastSpoken) this.#noteSpoken(speaker.protocol);
    this.#countBytes(request, request, speaker, count);
  }

  /** A message that nobody answers. */
  finishNotification(request: Request, speaker: Speaker, count: number): void {
    this.#finish(request, undefined, undefined, undefined, request.timeMs, speaker, count);
  }

  /** A call of which it is not known whether it was answered. */
  finishUnknown(request: Request, reason: UnknownReason, speaker: Speaker, count: number): void {
    this.#finish(request, undefined, undefined, UNKNOWN[reason], request.timeMs, speaker, count);
  }

  /** A call that nobody answered until its connection ended. */
  finishUnanswered(request: Request, endMs: number, speaker: Speaker, count: number): void {
    this.#finish(request, undefined, undefined, UNANSWERED, endMs, speaker, count);
  }

  /** A call that was called off. */
  finishCancelled(request: Request, endMs: number, speaker: Speaker, count: number): void {
    this.#finish(request, undefined, undefined, CANCELLED, endMs, speaker, count);
  }

  finishAnswered(
    request: Request,
    response: Response,
    matchedBy: MatchedBy,
    speaker: Speaker,
    count: number,
  ): void {
    const { series } = speaker;
    const { requestBytes = 0 } = response;
    this.#countBytes(request, response, speaker, count);
    if (requestBytes > 0)
      this.#countBytes(request, { direction: request.direction, bytes: requestBytes }, speaker, count);
    const outcome = outcomeOf(response, series);
    // That it was taken on, answered in part, or not found, is not how long it took.
    const isOpen = OPEN.has(response.doubt);
    const answer = isOpen ? undefined : response;
    this.#finish(request, answer, matchedBy, outcome, response.timeMs, speaker, count);
  }

  /** Remembers an operation for the live stream. `text`: the part of its payload that may be shown. */
  noteOperation(record: RecordFields, connection: string, text: string | undefined): void {
    const { timeMs, direction, size, captured } = record;
    // An event outlives its flow, and must not keep the recorder.
    const { clock } = this.#outlets;
    const { socket } = this.settings;
    const event = (): OperationEvent => ({
      type: 'operation',
      socket,
      container: NOBODY,
      connection,
      timeMs: clock.at(timeMs),
      direction: direction === RECV ? 'recv' : 'send',
      bytes: size,
      captured,
      ...optional('payload', text),
    });
    this.#outlets.events?.add(event, this.#client.events, this.traffic.flow);
  }

  /** Remembers a part of a connection's stream. */
  noteStream(part: StreamPart, connection: string): void {
    const { clock, events } = this.#outlets;
    const { socket, path } = this.settings;
    const event = () =>
      streamEvent({ socket, container: NOBODY, connection }, path, part, clock.at(part.timeMs));
    events?.add(event, this.#client.events, this.traffic.flow, weightOf(part));
  }

  /** Counts the bytes of a message with the method of its request. */
  #countBytes(
    request: Request,
    message: Pick<Request, 'direction' | 'bytes'>,
    speaker: Speaker,
    count: number,
  ): void {
    const { direction, bytes } = message;
    const target = targetOf(request, speaker);
    speaker.series.countBytes(this.#nameOf(request, speaker), direction, bytes * count, target);
  }

  /** The method as it is shown. */
  #nameOf({ method }: Request, { protocol: { convention } }: Speaker): string {
    const name = this.#methods.of(method);
    return name === OTHER ? convention.unnamed(method) : name;
  }

  #finish(
    request: Request,
    response: Response | undefined,
    matchedBy: MatchedBy | undefined,
    outcome: CallOutcome | undefined,
    endMs: number,
    speaker: Speaker,
    count: number,
  ): void {
    const { clock, spans, events } = this.#outlets;
    const { protocol, series, connection } = speaker;
    const method = this.#nameOf(request, speaker);
    const target = targetOf(request, speaker);
    const waitedMs = Math.max(0, endMs - request.timeMs);
    const durationMs = response === undefined ? undefined : waitedMs;
    const firstByteMs = firstByteOf(request, response);
    const { direction } = request;
    const counted = series.countCalls(method, direction, outcome, durationMs, count, firstByteMs, target);
    if (this.settings.spanRatio === 0 && events === undefined) return;
    const startMs = clock.at(request.timeMs);
    const answered = { response, matchedBy, outcome, durationMs, firstByteMs, waitedMs };
    const call = { request, protocol, method, ...target, startMs, ...answered };
    const span = this.#spanMaker.make(call);
    if (span !== undefined) spans.add(this, span, this.#client.spans, measurementOf(call, counted));
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

  #noteSpoken(protocol: Protocol): void {
    this.#lastSpoken = protocol;
    if (this.#spoken.has(protocol)) return;
    this.#spoken.add(protocol);
    this.#outlets.spoken(this.traffic.flow, protocol.name);
  }

  #leaveClient(): void {
    const { clients, events } = this.#outlets;
    this.#client.giveNames(this.settings);
    const former = clients.leave(this.#clientWord, this.settings);
    if (former !== undefined) events?.leave(former.events);
  }
}

/** What leaves open when a call ended. */
const OPEN: ReadonlySet<AnswerDoubt | undefined> = new Set([
  'answered_elsewhere',
  'unfinished',
  'order_lost',
]);

/** Where a call is counted by its duration. */
function measurementOf(
  { request, protocol: { convention }, durationMs }: FinishedCall,
  { number: series }: CountedSeries,
): Measurement | undefined {
  if (durationMs === undefined) return undefined;
  const seconds = durationMs / MS_PER_SECOND;
  const metric = convention.durations[convention.callKind(request.direction)];
  return { series, column: durationBucket(metric, seconds), seconds };
}

/** What a request is made to, as it is shown. */
function targetOf({ namespace, system }: Request, { series }: Speaker): Target | undefined {
  if (namespace === undefined && system === undefined) return undefined;
  return { namespace: namespace && series.namespaces.of(namespace), system };
}

function outcomeOf({ error, doubt, statusCode }: Response, { codes }: SeriesBook): CallOutcome {
  if (error !== undefined) return failed(codes.of(error.code), error);
  if (doubt !== undefined) return UNKNOWN[doubt];
  return succeeded(statusCode === undefined ? undefined : codes.of(statusCode));
}

function firstByteOf({ timeMs }: Request, response: Response | undefined): number | undefined {
  const firstMs = response?.firstByteMs;
  return firstMs === undefined ? undefined : Math.max(0, firstMs - timeMs);
}
