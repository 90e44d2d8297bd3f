import { Holding, Holdings } from '../../../shares/holdings.js';
import type { CallData } from '../../../telemetry/call-data.js';
import { LOGS_DROPPED, SPANS_DROPPED } from '../instruments.js';
import type { CallDataBatch, CapturedTraffic, EnrichReport, Measurement } from '../messages.js';

/** Calls in a batch to the main thread. */
const BATCH_CALLS = 256;

/** How long a call waits for others, in ms. */
const BATCH_MS = 200;

/** Batches that the main thread has not taken yet at most … */
const MAX_UNTAKEN = 16;

/** … and calls that wait meanwhile. */
const MAX_WAITING = 4096;

/** What calls are of: a flow under a capture generation. */
export interface CallOwner {
  readonly traffic: CapturedTraffic;
  /** How many of its calls wait. */
  waitingCalls: number;
  lose(reason: 'spans' | 'log_records', count: number): void;
}

interface WaitingCall {
  readonly call: CallData;
  readonly measurement: Measurement | undefined;
  readonly owner: CallOwner;
}

/** The finished calls of one client that wait. */
export class OutgoingCalls extends Holding {
  waiting: WaitingCall[] = [];
  /** Since when. */
  sinceMs = 0;
}

/**
 * Hands finished calls to the main thread in batches, those of one client in each, as fast as it takes them: clients have their
 * turn one after the other. Where too many wait, the client with the most of them loses its latest.
 */
export class CallOutlet {
  readonly #report: (report: EnrichReport) => void;
  readonly #health: Float64Array;
  readonly #now: () => number;
  /** Those that have calls that wait, in the order of their turns. */
  readonly #clients = new Set<OutgoingCalls>();
  readonly #holdings = new Holdings<OutgoingCalls>();
  #untaken = 0;

  constructor(report: (report: EnrichReport) => void, health: Float64Array, now: () => number) {
    this.#report = report;
    this.#health = health;
    this.#now = now;
  }

  /** Whether none wait to be handed over. */
  get isEmpty(): boolean {
    return this.#clients.size === 0;
  }

  /** `measurement`: where the duration of its call is counted. */
  add(owner: CallOwner, call: CallData, client: OutgoingCalls, measurement?: Measurement): void {
    if (client.waiting.length === 0) {
      client.sinceMs = this.#now();
      this.#clients.add(client);
    }
    client.waiting.push({ call, measurement, owner });
    owner.waitingCalls++;
    this.#holdings.change(client, 1);
    if (this.#holdings.total > MAX_WAITING) this.#dropOne();
    if (client.waiting.length >= BATCH_CALLS) this.#send(client);
  }

  /** The main thread has taken a batch. */
  taken(): void {
    this.#untaken--;
    this.flush();
  }

  /** Hands over what has waited long enough. */
  flush(): void {
    const dueMs = this.#now() - BATCH_MS;
    for (const client of this.#clients) {
      if (this.#untaken >= MAX_UNTAKEN) return;
      if (client.sinceMs <= dueMs || client.waiting.length >= BATCH_CALLS) this.#send(client);
    }
  }

  /** Hands over everything, whether or not it is taken. */
  flushAll(): void {
    this.#untaken = Number.NEGATIVE_INFINITY;
    for (const client of this.#clients) this.#send(client);
  }

  /** Hands over what a client has waiting, as long as that is taken and calls of `owner` wait. Whether none do. */
  flushOwner(owner: CallOwner, client: OutgoingCalls): boolean {
    while (owner.waitingCalls > 0 && client.waiting.length > 0 && this.#untaken < MAX_UNTAKEN)
      this.#send(client);
    return owner.waitingCalls === 0;
  }

  #send(client: OutgoingCalls): void {
    if (this.#untaken >= MAX_UNTAKEN) return;
    const { waiting } = client;
    const sent = waiting.length > BATCH_CALLS ? waiting.splice(0, BATCH_CALLS) : waiting;
    if (sent === waiting) client.waiting = [];
    this.#holdings.change(client, -sent.length);
    // A client that has more waits for its next turn.
    this.#clients.delete(client);
    if (client.waiting.length > 0) this.#clients.add(client);
    this.#untaken++;
    this.#report({ type: 'calls', batches: batchesOf(sent) });
  }

  #dropOne(): void {
    const heaviest = this.#holdings.heaviest;
    const dropped = heaviest?.waiting.pop();
    if (heaviest === undefined || dropped === undefined) return;
    if (heaviest.waiting.length === 0) this.#clients.delete(heaviest);
    this.#holdings.change(heaviest, -1);
    const { owner, call } = dropped;
    owner.waitingCalls--;
    if (call.isSampled) {
      this.#health[SPANS_DROPPED]++;
      owner.lose('spans', 1);
    }
    if (call.logAttributes !== undefined) {
      this.#health[LOGS_DROPPED]++;
      owner.lose('log_records', 1);
    }
  }
}

/** A batch for each owner, in the order of their first calls. */
function batchesOf(sent: readonly WaitingCall[]): CallDataBatch[] {
  const batches = new Map<CallOwner, { calls: CallData[]; measurements: (Measurement | undefined)[] }>();
  for (const { owner, call, measurement } of sent) {
    owner.waitingCalls--;
    const batch = batches.get(owner);
    if (batch === undefined) {
      batches.set(owner, { calls: [call], measurements: [measurement] });
    } else {
      batch.calls.push(call);
      batch.measurements.push(measurement);
    }
  }
  return Array.from(batches, ([{ traffic }, batch]) => ({ ...traffic, ...batch }));
}
