import { RECV, SEND } from '../capture/direction.js';
import type { RecordFields } from '../capture/ring/record.js';
import { BoundedNames } from './bounded-names.js';
import { callEvent } from './call-event.js';
import type { MatchedBy } from './call-tracker.js';
import type { EventEntry } from './event-log.js';
import type { CallOutcome, SourceSettings } from './messages.js';
import { optional } from './optional.js';
import { payloadView } from './payload-view.js';
import type { Request, Response } from './protocols/protocol.js';
import { type Rows, SeriesBook } from './series-book.js';
import { type FinishedCall, SpanMaker } from './span-maker.js';
import type { SpanOutlet } from './span-outlet.js';
import type { WallClock } from './wall-clock.js';

/** Different status codes of a source that are shown; the server may make up any number. */
const MAX_CODES = 100;

/** `error.type` of a call whose response nobody saw although it could have been seen. */
const NO_RESPONSE = 'no_response';

const SUCCESS: CallOutcome = { errorType: undefined, statusCode: undefined };
const UNANSWERED: CallOutcome = { errorType: NO_RESPONSE, statusCode: undefined };

/** Who makes a call, and how. */
export interface Speaker {
  /** The value of `rpc.system.name`. */
  readonly system: string;
  /** Tells the connection from all others of the agent. */
  readonly connection: string;
}

/** What all sources of the enrich thread work with. */
export interface Outlets {
  readonly rows: Rows;
  readonly clock: WallClock;
  readonly spans: SpanOutlet;
  /** Remembers an event; undefined while nobody may ask for any. */
  event: ((entry: EventEntry) => void) | undefined;
}

/** The calls of one source: a socket and container, under one set of settings. */
export class Source {
  readonly #methods: BoundedNames;
  readonly #codes = new BoundedNames([], MAX_CODES);
  readonly #outlets: Outlets;
  readonly #series: SeriesBook | undefined;
  readonly #spanMaker: SpanMaker;
  readonly #container: Readonly<Record<string, string>>;
  /** What is left of messages that stand for a fraction more than a whole number. */
  #remainder = 0;

  constructor(
    readonly number: number,
    readonly settings: SourceSettings,
    outlets: Outlets,
  ) {
    this.#outlets = outlets;
    this.#methods = new BoundedNames(settings.methods.known, settings.methods.max);
    const [system] = settings.protocols;
    this.#series = system === undefined ? undefined : new SeriesBook(outlets.rows, number, system);
    this.#spanMaker = new SpanMaker(settings);
    this.#container = Object.fromEntries(
      Object.entries(settings.attributes).filter(([name]) => !name.startsWith('uds.')),
    );
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
    const isSeen = spanRatio > 0 || this.#outlets.event !== undefined;
    return { ...message, payload: isSeen ? payloadView(payload, message.payload) : undefined };
  }

  /** Whether the response to a request can be seen. */
  awaits(request: Request): boolean {
    const { latency, coverage } = this.settings;
    if (!latency || (request.id === undefined && !request.isIdUnknown)) return false;
    return (request.direction === SEND ? coverage.recv : coverage.send) !== 'none';
  }

  /** Nothing is counted any more: gives back what nobody was told of. */
  end(): void {
    this.#series?.release();
  }

  countRequest(request: Request, count: number): void {
    this.#series?.countBytes(this.#methods.of(request.method), request.direction, request.bytes * count);
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
    this.#series?.countBytes(this.#methods.of(request.method), response.direction, response.bytes * count);
    this.#finish(request, response, matchedBy, this.#outcomeOf(response), speaker, count);
  }

  /** Remembers an operation for those who watch. `text`: what of it may be shown. */
  noteOperation(record: RecordFields, connection: string, text: string | undefined): void {
    const { timeMs, direction, size, captured } = record;
    this.#outlets.event?.(() => ({
      type: 'operation',
      socket: this.settings.socket,
      container: this.#container,
      connection,
      timeMs: this.#outlets.clock.at(timeMs),
      direction: direction === RECV ? 'recv' : 'send',
      bytes: size,
      captured,
      ...optional('payload', text),
    }));
  }

  #outcomeOf({ error }: Response): CallOutcome {
    if (error === undefined) return SUCCESS;
    const code = this.#codes.of(error.code);
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
    const { clock, spans, event } = this.#outlets;
    const method = this.#methods.of(request.method);
    const durationMs = response === undefined ? undefined : Math.max(0, response.timeMs - request.timeMs);
    this.#series?.countCalls(method, outcome, durationMs, count);
    if (this.settings.spanRatio === 0 && event === undefined) return;
    const startMs = clock.at(request.timeMs);
    const call = { request, response, matchedBy, outcome, system, method, startMs, durationMs };
    const span = this.#spanMaker.make(call);
    if (span !== undefined) spans.add(this.number, span);
    if (event !== undefined) this.#noteCall(event, call, connection);
  }

  /** Most events are forgotten before anybody asks: those that hold no payload are put into words only then. */
  #noteCall(event: (entry: EventEntry) => void, call: FinishedCall, connection: string): void {
    const { socket, payload } = this.settings;
    const describe = () => callEvent({ socket, container: this.#container, connection }, call);
    if (payload === 'none') {
      event(describe);
    } else {
      const described = describe();
      event(() => described);
    }
  }
}
