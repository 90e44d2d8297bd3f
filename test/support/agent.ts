import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Cleanup } from './cleanup.js';
import { type RealProcess, waitFor } from './process.js';
import { type Family, parsePrometheusText } from './prometheus-text.js';
import { startCommand } from './udscope.js';

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
}

/** Less than a test may take, so that it can say what is missing. */
const PATIENCE_MS = 10_000;

const BOTH = { directions: ['send', 'recv'] };

/** `udscope run` in front of `rpc-service.sock` of a directory. */
export class CapturingAgent {
  readonly directory: string;
  /** Where clients connect. */
  readonly listen: string;
  /** Where a service has to listen. */
  readonly upstream: string;
  readonly control: string;
  readonly #cleanup: Cleanup;
  #process: RealProcess | undefined;

  constructor(cleanup: Cleanup) {
    this.#cleanup = cleanup;
    this.directory = cleanup.directory();
    this.listen = join(this.directory, 'rpc/rpc.sock');
    this.upstream = join(this.directory, 'rpc-service.sock');
    this.control = join(this.directory, 'private/control.sock');
  }

  /** Starts it; whether it becomes ready is for the caller to see. */
  async launch(options: AgentOptions = {}, env: Readonly<Record<string, string>> = {}): Promise<RealProcess> {
    this.#configure(options);
    const udscope = await startCommand({ args: ['run', '--config', this.file], env });
    this.#cleanup.defer(() => udscope.kill());
    this.#process = udscope;
    return udscope;
  }

  async start(options: AgentOptions = {}, env: Readonly<Record<string, string>> = {}): Promise<this> {
    const udscope = await this.launch(options, env);
    await udscope.waitForOutput('udscope is ready');
    return this;
  }

  get file(): string {
    return join(this.directory, 'udscope.yaml');
  }

  get process(): RealProcess {
    return this.#process ?? assert.fail('the agent was not started');
  }

  /** Has it take another configuration. @throws Error with its output when it refuses. */
  async reload(options: AgentOptions): Promise<void> {
    this.#configure(options);
    const { process } = this;
    const heardBytes = process.output.length;
    process.signal('SIGHUP');
    const said = await waitFor(
      'the configuration to be reloaded, or not',
      () => /configuration (?:not )?reloaded.*/s.exec(process.output.slice(heardBytes))?.[0],
      { process },
    );
    if (said.startsWith('configuration not')) throw new Error(said);
  }

  /** The page that Prometheus gets, as text and read. */
  async page(): Promise<string> {
    const url =
      /http:\/\/\S+\/metrics/.exec(this.process.output)?.[0] ?? assert.fail(this.process.describe());
    return (await fetch(url)).text();
  }

  async metrics(): Promise<ReadonlyMap<string, Family>> {
    return parsePrometheusText(await this.page());
  }

  /** The sum of a metric over all series. */
  async sum(name: string): Promise<number> {
    const samples = (await this.metrics()).get(name)?.samples ?? [];
    return samples.reduce((sum, { value }) => sum + value, 0);
  }

  /** Calls by method, and by method and error type where they failed. */
  async calls(): Promise<Counts> {
    return countsOf(await this.metrics(), 'uds_method_calls_total');
  }

  /** Calls whose duration is known, in the same way. */
  async durations(): Promise<Counts> {
    return countsOf(await this.metrics(), 'rpc_server_call_duration', '_count');
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

  /** Waits until a metric, summed over all series, has a value. */
  async waitForSum(name: string, value: number): Promise<void> {
    await waitFor(`${name} to be ${value}`, async () => (await this.sum(name)) === value, {
      process: this.process,
    });
  }

  #configure({
    capture,
    enrich,
    processors,
    socket,
    sockets: others = [],
    receiver,
    otlphttp,
  }: AgentOptions): void {
    const container = { id: 'c1', name: 'wallet' };
    const own = { name: 'rpc', listen: this.listen, upstream: this.upstream, container, ...socket };
    const sockets = [own, ...others];
    const pipeline = { receivers: ['uds'], processors: ['capture', 'enrich'] };
    const configuration = {
      receivers: { uds: { sockets, ...receiver } },
      processors: { capture: capture ?? BOTH, enrich: enrich ?? {}, ...processors },
      exporters: { prometheus: { endpoint: 'localhost:0' }, ...(otlphttp === undefined ? {} : { otlphttp }) },
      extensions: { control: { socket: this.control } },
      service: {
        extensions: ['control'],
        pipelines: {
          metrics: { ...pipeline, exporters: ['prometheus'] },
          ...(otlphttp === undefined ? {} : { traces: { ...pipeline, exporters: ['otlphttp'] } }),
        },
      },
    };
    writeFileSync(this.file, stringify(configuration));
  }
}

export function sumOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function countsOf(metrics: ReadonlyMap<string, Family>, name: string, suffix?: string): Counts {
  const counts = new Map<string, number>();
  for (const sample of metrics.get(name)?.samples ?? []) {
    if (sample.suffix !== suffix) continue;
    const { rpc_method: method = '', error_type: error } = sample.labels;
    const key = error === undefined ? method : `${method} ${error}`;
    counts.set(key, (counts.get(key) ?? 0) + sample.value);
  }
  return Object.fromEntries(counts);
}
