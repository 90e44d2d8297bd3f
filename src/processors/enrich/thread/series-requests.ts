import type { Attributes } from '../../../protocols/conventions.js';
import { mayTake, reserveOf } from '../../../shares/may-take.js';
import type { InstrumentGroup } from '../../../telemetry/instruments.js';
import {
  CALL_INSTRUMENTS,
  LOSS_INSTRUMENTS,
  LOSS_REASONS,
  type LossReason,
  METHOD_INSTRUMENTS,
} from '../instruments.js';
import type { CapturedTraffic, EnrichReport, SeriesKind, SeriesName } from '../messages.js';

const GROUPS: Readonly<Record<SeriesKind, InstrumentGroup>> = {
  calls: CALL_INSTRUMENTS,
  methods: METHOD_INSTRUMENTS,
  losses: LOSS_INSTRUMENTS,
};

/** A series that is counted: a store into its values is all that counting takes. */
export interface CountedSeries {
  /** What the main thread knows it by, among those of its flow under one capture generation. */
  readonly number: number;
  readonly values: Float64Array;
}

/** Series that are waited for at most, in all and of one client. The last are for clients that wait for less. */
const MAX_WAITING = 65_536;
const CLIENT_WAITING = 16_384;
const FEW = 32;
const RESERVE = reserveOf(MAX_WAITING, FEW);

/** How many series one client waits for. */
export interface SeriesWait {
  count: number;
}

class Request implements CountedSeries {
  /** Its own until the main thread has given it a row, which is shared. */
  values: Float64Array;

  constructor(
    readonly number: number,
    readonly wait: SeriesWait,
    readonly owner: FlowSeries,
    readonly kind: SeriesKind,
  ) {
    this.values = new Float64Array(GROUPS[kind].width);
  }
}

/** Series that the main thread was asked for. It knows their names, and how many each client has room for. */
export class SeriesRequests {
  readonly #report: (report: EnrichReport) => void;
  readonly #waiting = new Map<number, Request>();
  #next = 0;

  constructor(report: (report: EnrichReport) => void) {
    this.#report = report;
  }

  /** Whether a client may wait for one more. */
  mayAsk({ count }: SeriesWait): boolean {
    return mayTake(count, CLIENT_WAITING, MAX_WAITING - this.#waiting.size, RESERVE);
  }

  ask(owner: FlowSeries, wait: SeriesWait, kind: SeriesKind, method: Attributes | undefined): Request {
    const request = new Request(this.#next++, wait, owner, kind);
    wait.count++;
    this.#waiting.set(request.number, request);
    const wanted = { kind, method } as SeriesName;
    this.#report({ type: 'series', number: request.number, ...owner.traffic, wanted });
    return request;
  }

  /** The main thread has given a series its row. */
  answer(number: number, row: Float64Array): void {
    const request = this.#waiting.get(number);
    if (request === undefined) return;
    this.#forget(request);
    for (let i = 0; i < row.length; i++) row[i] += request.values[i];
    request.values = row;
  }

  /** Reports what a series has counted that will not wait for its row. */
  settle(request: Request): void {
    this.#forget(request);
    const { number, values, owner } = request;
    this.#report({ type: 'counted', series: number, ...owner.traffic, values });
  }

  /** The thread ends. */
  settleAll(): void {
    for (const request of this.#waiting.values()) this.settle(request);
  }

  #forget(request: Request): void {
    this.#waiting.delete(request.number);
    request.wait.count--;
    request.owner.answered(request);
  }
}

/** The series of one flow under one capture generation. */
export class FlowSeries {
  readonly traffic: CapturedTraffic;
  readonly #requests: SeriesRequests;
  readonly #wait: () => SeriesWait;
  readonly #waiting = new Set<Request>();
  readonly #overflow: { calls?: CountedSeries; methods?: CountedSeries } = {};
  #losses: CountedSeries | undefined;

  /** `wait`: that of its client. */
  constructor(traffic: CapturedTraffic, requests: SeriesRequests, wait: () => SeriesWait) {
    this.traffic = traffic;
    this.#requests = requests;
    this.#wait = wait;
  }

  /** One more series; undefined while its client waits for as many as it may have. */
  open(kind: 'calls' | 'methods', series: Attributes): CountedSeries | undefined {
    return this.#requests.mayAsk(this.#wait()) ? this.#ask(kind, series) : undefined;
  }

  /** What its client has beyond its share is counted in this. */
  overflow(kind: 'calls' | 'methods'): CountedSeries {
    this.#overflow[kind] ??= this.#ask(kind, undefined);
    return this.#overflow[kind];
  }

  /** Its client loses something. */
  lose(reason: LossReason, count: number): void {
    this.#losses ??= this.#ask('losses', undefined);
    this.#losses.values[LOSS_REASONS.indexOf(reason)] += count;
  }

  answered(request: Request): void {
    this.#waiting.delete(request);
  }

  /** Nothing is counted any more. */
  end(): void {
    for (const request of this.#waiting) this.#requests.settle(request);
  }

  #ask(kind: SeriesKind, method: Attributes | undefined): CountedSeries {
    const request = this.#requests.ask(this, this.#wait(), kind, method);
    this.#waiting.add(request);
    return request;
  }
}
