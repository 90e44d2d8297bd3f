import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { CallEvent } from '../../src/processors/enrich/events.js';
import type { CallRecord } from './call-record.js';
import {
  type AgentOptions,
  CapturingAgent,
  type Counts,
  DURATIONS,
  isOfCarrier,
  methodOf,
  sumOf,
} from './capturing-agent.js';
import type { Cleanup } from './cleanup.js';
import { onLines } from './line-service.js';
import { waitFor } from './process.js';

/** What a capture keeps that nobody has configured, and everything. */
export const CAPTURES = {
  'the first and last bytes of messages': {},
  // With room for all that a busy machine is slow to read: what is lost is tested elsewhere.
  'whole messages': { strategy: 'full', ring_buffer: { max_bytes: '64MiB' } },
} as const;

/** Metrics that say what was missed, not understood or cut short, each with its reasons. */
const DOUBTS = [
  'udscope_enrich_undecodable_total',
  'udscope_enrich_unmatched_responses_total',
  'udscope_enrich_unanswered_calls_total',
  'udscope_enrich_unknown_outcomes_total',
  'udscope_enrich_client_losses_total',
  'udscope_enrich_faults_total',
  'udscope_ring_overwritten_records_total',
  'udscope_capture_dropped_records_total',
  'uds_connection_errors_total',
];

/** Less than a test may take, so that it can say what is missing. */
const PATIENCE_MS = 30_000;

/**
 * A relay thread passes bytes on before it looks at the clock, and may have to wait in between: the client and the server, too,
 * want to run.
 */
const SLACK_S = 0.03;
const SLACK_A_CALL_S = 0.002;

/** What both ends of a conversation know of it, and what else there is to know. */
export interface Facts {
  /** Of the client that asked: a call took it longer than udscope can have seen. */
  readonly client: Pick<CallRecord, 'calls' | 'answers' | 'seconds'>;
  /** Of the server that answered, and notified: a call took it less. */
  readonly server?: Pick<CallRecord, 'calls' | 'answers' | 'seconds'>;
  /** Lines of `identities`, if ids are known. */
  readonly identities?: readonly string[];
  /** Reasons for what is not understood, by metric; none by default. */
  readonly doubts?: Counts;
  /** Exchanges of HTTP that last: a stream of events that is open. */
  readonly waiting?: number;
}

/** An agent of whose every word a test asks whether it is true. */
export class TellingAgent extends CapturingAgent {
  readonly events: CallEvent[] = [];
  readonly #cleanup: Cleanup;

  constructor(cleanup: Cleanup) {
    super(cleanup);
    this.#cleanup = cleanup;
  }

  /** Starts it, and listens to what it says of calls from then on. */
  override async start(options: AgentOptions = {}): Promise<this> {
    await super.start(options);
    await new Promise<void>((resolve, reject) => {
      const following = request({ socketPath: this.control, path: '/v1/events?type=call' }, (response) => {
        onLines(response, (line) => {
          const event = line === '' ? undefined : (JSON.parse(line) as CallEvent);
          if (event !== undefined && event.system !== 'http') this.events.push(event);
        });
        response.on('error', () => response.destroy());
        resolve();
      });
      following.on('error', reject).end();
      this.#cleanup.defer(() => following.destroy());
    });
    return this;
  }

  /** Method, id and error of each call it told of as it happened, sorted. */
  get identities(): string[] {
    return this.events
      .map((event) => identity(event.method, event.id, event.errorType ?? outcomeOf(event)))
      .sort();
  }

  /**
   * Waits until as many calls are told as there were, and compares: calls by method and outcome, their durations, that nothing
   * is doubted or waited for, and the calls one by one.
   */
  async assertTrue({ client, server, identities, doubts = {}, waiting = 0 }: Facts): Promise<void> {
    if (server !== undefined) assert.deepEqual(server.answers, client.answers, 'the ends disagree');
    const calls = (server ?? client).calls;
    await this.#settled(sumOf(calls), waiting);
    const told = { calls: await this.calls(), doubts: await this.doubts(), active: await this.#active() };
    assert.deepEqual(told, { calls: sorted(calls), doubts, active: waiting });
    assert.deepEqual(await this.durations(), sorted(client.answers));
    await this.#assertSeconds(client.answers, server?.seconds ?? {}, client.seconds);
    if (identities !== undefined) assert.deepEqual(this.identities, [...identities].sort());
  }

  /** Calls by method and error, or by method and outcome where that is not known. */
  override async calls(): Promise<Counts> {
    return this.#byOutcome(['uds_method_calls_total'], undefined);
  }

  override async durations(): Promise<Counts> {
    return this.#byOutcome(DURATIONS, '_count');
  }

  /** What it says it has missed or not understood, by metric and reason. */
  async doubts(): Promise<Counts> {
    const metrics = await this.metrics();
    const counts = new Map<string, number>();
    for (const name of DOUBTS) {
      for (const { labels, value } of metrics.get(name)?.samples ?? []) {
        const reason = labels['reason'] ?? labels['error_type'] ?? '';
        const key = `${name.replace(/^(?:udscope_(?:enrich_)?|uds_)|_total$/g, '')} ${reason}`.trim();
        if (value > 0) counts.set(key, (counts.get(key) ?? 0) + value);
      }
    }
    return Object.fromEntries(counts);
  }

  async #settled(calls: number, waiting: number): Promise<void> {
    const isSettled = async () =>
      sumOf(await this.calls()) >= calls && (await this.#active()) === waiting && this.events.length >= calls;
    await waitFor(`${calls} calls to be told`, isSettled, { timeoutMs: PATIENCE_MS }).catch(() => {
      // What is missing is told by the comparison.
    });
  }

  #active(): Promise<number> {
    return this.sum('udscope_enrich_active_calls');
  }

  async #assertSeconds(calls: Counts, lower: Counts, upper: Counts): Promise<void> {
    const told = await this.#byOutcome(DURATIONS, '_sum');
    for (const [key, seconds] of Object.entries(told)) {
      const [least, most] = [lower[key] ?? 0, upper[key] ?? 0];
      const slack = SLACK_S + (calls[key] ?? 0) * SLACK_A_CALL_S;
      const isBetween = least - slack <= seconds && seconds <= most + slack;
      assert.ok(isBetween, `${key}: told ${seconds} s, which is not from ${least} to ${most}`);
    }
  }

  async #byOutcome(names: readonly string[], suffix: string | undefined): Promise<Counts> {
    const metrics = await this.metrics();
    const counts = new Map<string, number>();
    for (const sample of names.flatMap((name) => metrics.get(name)?.samples ?? [])) {
      if (sample.suffix !== suffix || isOfCarrier(sample.labels)) continue;
      const { error_type: error, udscope_outcome: outcome } = sample.labels;
      const method = methodOf(sample.labels);
      const key = identity(method, undefined, error ?? outcome);
      counts.set(key, (counts.get(key) ?? 0) + sample.value);
    }
    return sorted(Object.fromEntries(counts));
  }
}

/** A call in one line. */
export function identity(method: string, id?: string, error?: string | number): string {
  return [method, id === undefined ? undefined : `#${id}`, error]
    .filter((part) => part !== undefined)
    .join(' ');
}

/** What an event says of an outcome that is not known. */
function outcomeOf(event: CallEvent & { readonly outcome?: string }): string | undefined {
  return event.outcome;
}

function sorted(counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
