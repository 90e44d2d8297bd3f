import { RECV, SEND } from '../../../protocols/direction.js';
import type { Protocol, Protocols, Request, Response } from '../../../protocols/protocol.js';
import type { RecordFields } from '../../capture/ring/record.js';
import type { OperationEvent } from '../events.js';
import type { SourceSettings } from '../messages.js';
import type { BoundedNames } from './bounded-names.js';
import { callEvent } from './call-event.js';
import type { MatchedBy } from './call-tracker.js';
import type { Client } from './client.js';
import type { EventLog } from './event-log.js';
import { optional } from './optional.js';
import { payloadView } from './payload-view.js';
import type { CallOutcome, SeriesBook } from './series-book.js';
import { type FinishedCall, SpanMaker } from './span-maker.js';
import type { SpanOutlet } from './span-outlet.js';
import type { WallClock } from './wall-clock.js';

/** `error.type` of a call whose response nobody saw although it could have been seen. */
const NO_RESPONSE = 'no_response';

const SUCCESS: CallOutcome = { errorType: undefined, statusCode: undefined };
const UNANSWERED: CallOutcome = { errorType: NO_RESPONSE, statusCode: undefined };

/** On what connection a call is made, and in which protocol. */
export interface Speaker {
  readonly protocol: Protocol;
  /** Where it is counted. */
  readonly series: SeriesBook;
  /** Tells the connection from all others of the agent. */
  readonly connection: string;
}

/** What all sources of the enrich thread work with. */
export interface Outlets {
  readonly clock: WallClock;
  /** Those that settings name. */
  readonly protocols: Protocols;
  readonly spans: SpanOutlet;
  /** Remembers events; undefined while nobody may ask for any. */
  events: EventLog | undefined;
}

/** The calls of one source: a socket and container, under one set of settings. */
export class Source {
  /** Those that may be spoken, the likeliest first. */
  readonly protocols: readonly Protocol[];
  readonly #methods: BoundedNames;
  readonly #outlets: Outlets;
  readonly #series: ReadonlyMap<Protocol, SeriesBook>;
  readonly #spanMaker: SpanMaker;
  readonly #container: Readonly<Record<string, string>>;
  /** What is left of messages that stand for a fraction more than a whole number. */
  #remainder = 0;

  constructor(
    readonly number: number,
    readonly settings: SourceSettings,
    readonly client: Client,
    outlets: Outlets,
  ) {
    this.#outlets = outlets;
    this.protocols = settings.protocols.map((name) => outlets.protocols[name]);
    const { books, methods } = client.enter(number, settings, this.protocols);
    this.#series = books;
    this.#methods = methods;
    this.#spanMaker = new SpanMaker(settings);
    this.#container = Object.fromEntries(
      Object.entries(settings.attributes).filter(([name]) => !name.startsWith('uds.')),
    );
  }

  /** A connection on which a protocol is spoken that is one of `protocols`. */
  speaker(protocol: Protocol, connection: string): Speaker {
    const series = this.#series.get(protocol);
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
    if (message.payload === undefined) return message;
    const { payload, spanRatio } = this.settings;
    const isSeen = spanRatio > 0 || this.#outlets.events !== undefined;
    return { ...message, payload: isSeen ? payloadView(payload, message.payload) : undefined };
  }

  /** Whether the response to a request can be seen, and told from others. */
  awaits(request: Request, { matching }: Protocol): boolean {
    const { latency, coverage } = this.settings;
    if (!latency || (request.id === undefined && !request.isIdUnknown)) return false;
    if (matching === 'order') return coverage.send === 'all' && coverage.recv === 'all';
    return (request.direction === SEND ? coverage.recv : coverage.send) !== 'none';
  }

  /** Nothing is counted any more. Whether it was the last of its client. */
  end(): boolean {
    return this.client.leave(this.number, this.settings);
  }

  countRequest(request: Request, { series }: Speaker, count: number): void {
    series.countBytes(this.#methods.of(request.method), request.direction, request.bytes * count);
  }

  /** A call of whose outcome nothing will be known: a notification, or responses are not captured. */
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
    const { series } = speaker;
    series.countBytes(this.#methods.of(request.method), response.direction, response.bytes * count);
    this.#finish(request, response, matchedBy, outcomeOf(response, series), speaker, count);
  }

  /** Remembers an operation for those who watch. `text`: what of it may be shown. */
  noteOperation(record: RecordFields, connection: string, text: string | undefined): void {
    const { timeMs, direction, size, captured } = record;
    const event = (): OperationEvent => ({
      type: 'operation',
      socket: this.settings.socket,
      container: this.#container,
      connection,
      timeMs: this.#outlets.clock.at(timeMs),
      direction: direction === RECV ? 'recv' : 'send',
      bytes: size,
      captured,
      ...optional('payload', text),
    });
    this.#outlets.events?.add(event, this.client.events);
  }

  #finish(
    request: Request,
    response: Response | undefined,
    matchedBy: MatchedBy | undefined,
    outcome: CallOutcome,
    { protocol, series, connection }: Speaker,
    count: number,
  ): void {
    const { clock, spans, events } = this.#outlets;
    const method = this.#methods.of(request.method);
    const durationMs = response === undefined ? undefined : Math.max(0, response.timeMs - request.timeMs);
    series.countCalls(method, outcome, durationMs, count);
    if (this.settings.spanRatio === 0 && events === undefined) return;
    const startMs = clock.at(request.timeMs);
    const call = { request, response, matchedBy, outcome, protocol, method, startMs, durationMs };
    const span = this.#spanMaker.make(call);
    if (span !== undefined) spans.add(this.number, span, this.client.spans);
    if (events !== undefined) this.#noteCall(events, call, connection);
  }

  /** Most events are forgotten before anybody asks: those that hold no payload are put into words only then. */
  #noteCall(events: EventLog, call: FinishedCall, connection: string): void {
    const { socket, payload } = this.settings;
    const describe = () => callEvent({ socket, container: this.#container, connection }, call);
    if (payload === 'none') {
      events.add(describe, this.client.events);
    } else {
      const described = describe();
      events.add(() => described, this.client.events);
    }
  }
}

function outcomeOf({ error }: Response, { codes }: SeriesBook): CallOutcome {
  if (error === undefined) return SUCCESS;
  const code = codes.of(error.code);
  return { errorType: code, statusCode: code };
}
