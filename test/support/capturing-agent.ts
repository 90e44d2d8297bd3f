import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Agent } from './agent.js';
import { type RealProcess, waitFor } from './process.js';
import type { Family } from './prometheus-text.js';

/** How many calls there were, by method, or by method and something else. */
export type Counts = Readonly<Record<string, number>>;

/** What a test wants otherwise than a socket `rpc` that is captured in both directions and decoded. */
export interface AgentOptions {
  readonly capture?: object;
  readonly enrich?: object;
  /** Processors beside these two. */
  readonly processors?: object;
  /** Keys of the socket. */
  readonly socket?: object;
  /** Sockets beside it. */
  readonly sockets?: readonly object[];
  /** Keys of the receiver. */
  readonly receiver?: object;
  /** Takes the spans in a pipeline of their own. */
  readonly otlphttp?: object;
  /** Whether it takes the metrics, too. */
  readonly pushesMetrics?: boolean;
  /** Whether it takes log records, too. */
  readonly pushesLogs?: boolean;
}

/** Durations of calls of the container, and of those that its server makes to it. */
export const DURATIONS: readonly string[] = [
  'rpc_server_call_duration_seconds',
  'rpc_client_call_duration_seconds',
  'mcp_server_operation_duration_seconds',
  'mcp_client_operation_duration_seconds',
  'db_client_operation_duration_seconds',
];

/** Less than a test may take, so that it can say what is missing. */
const PATIENCE_MS = 30_000;

/** An agent in front of `rpc-service.sock` of its directory, whose calls are decoded. */
export class CapturingAgent extends Agent {
  /** Where clients connect. */
  readonly listen = join(this.directory, 'rpc/rpc.sock');
  /** Where a service has to listen. */
  readonly upstream = join(this.directory, 'rpc-service.sock');

  /** Starts it; whether it becomes ready is for the caller to see. */
  launch(options: AgentOptions = {}, env: Readonly<Record<string, string>> = {}): Promise<RealProcess> {
    return this.launchWith(this.#configuration(options), { env });
  }

  start(options: AgentOptions = {}, env: Readonly<Record<string, string>> = {}): Promise<this> {
    return this.startWith(this.#configuration(options), { env });
  }

  /** Has it take another configuration. @throws Error with its output when it refuses. */
  reload(options: AgentOptions): Promise<void> {
    return this.reloadWith(this.#configuration(options));
  }

  /** Calls by method, and by method and error type where they failed, or `unknown` where that is not known. */
  async calls(): Promise<Counts> {
    return countsOf(await this.metrics(), ['uds_method_calls_total']);
  }

  /** Calls whose duration is known, in the same way. */
  async durations(): Promise<Counts> {
    return countsOf(await this.metrics(), DURATIONS, '_count');
  }

  /** Waits until as many calls are counted as are expected, and compares. */
  async assertCalls(expected: Counts, durations: Counts = expected): Promise<void> {
    const total = sumOf(expected);
    await waitFor(`${total} calls to be counted`, async () => sumOf(await this.calls()) >= total, {
      process: this.process,
      timeoutMs: PATIENCE_MS,
    }).catch(async (error: Error) => {
      const lost = await this.sum('udscope_ring_overwritten_records_total');
      assert.deepEqual(await this.calls(), expected, `${lost} records were overwritten; ${error.message}`);
    });
    assert.deepEqual(await this.calls(), expected);
    assert.deepEqual(await this.durations(), durations);
  }

  #configuration({
    capture,
    enrich,
    processors,
    socket,
    sockets: others = [],
    receiver,
    otlphttp,
    pushesMetrics = false,
    pushesLogs = false,
  }: AgentOptions): unknown {
    const container = { id: 'c1', name: 'wallet' };
    const own = { name: 'rpc', listen: this.listen, upstream: this.upstream, container, ...socket };
    const sockets = [own, ...others];
    const pipeline = { receivers: ['uds'], processors: ['capture', 'enrich'] };
    return {
      receivers: { uds: { sockets, ...receiver } },
      processors: { capture: capture ?? {}, enrich: enrich ?? {}, ...processors },
      exporters: { prometheus: { endpoint: 'localhost:0' }, ...(otlphttp === undefined ? {} : { otlphttp }) },
      extensions: { control: { socket: this.control } },
      service: {
        extensions: ['control'],
        pipelines: {
          metrics: { ...pipeline, exporters: ['prometheus', ...(pushesMetrics ? ['otlphttp'] : [])] },
          ...(otlphttp === undefined ? {} : { traces: { ...pipeline, exporters: ['otlphttp'] } }),
          ...(pushesLogs ? { logs: { ...pipeline, exporters: ['otlphttp'] } } : {}),
        },
      },
    };
  }
}

/** Whether a series is of exchanges of HTTP that carry nothing, as those that open or end a session: no client of JSON-RPC knows of them. */
export function isOfCarrier(labels: Readonly<Record<string, string>>): boolean {
  return 'http_request_method' in labels;
}

/** The method of a series; of MCP, with the tool or prompt that it is about. */
export function methodOf(labels: Readonly<Record<string, string>>): string {
  const { rpc_method, mcp_method_name, gen_ai_tool_name, gen_ai_prompt_name, db_query_summary } = labels;
  const name = gen_ai_tool_name ?? gen_ai_prompt_name;
  const method = rpc_method ?? mcp_method_name ?? db_query_summary ?? '';
  return name === undefined ? method : `${method} ${name}`;
}

export function sumOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function countsOf(metrics: ReadonlyMap<string, Family>, names: readonly string[], suffix?: string): Counts {
  const counts = new Map<string, number>();
  for (const sample of names.flatMap((name) => metrics.get(name)?.samples ?? [])) {
    if (sample.suffix !== suffix || isOfCarrier(sample.labels)) continue;
    const { error_type: error, udscope_outcome: outcome = error } = sample.labels;
    const method = methodOf(sample.labels);
    const key = outcome === undefined ? method : `${method} ${outcome}`;
    counts.set(key, (counts.get(key) ?? 0) + sample.value);
  }
  return Object.fromEntries(counts);
}
