import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { Cleanup } from '../support/cleanup.js';
import { type RealProcess, startProcess, waitFor } from '../support/process.js';
import { type Family, parsePrometheusText } from '../support/prometheus-text.js';
import { RawStream } from '../support/raw-stream.js';

const COMMAND = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const METRICS_URL = /http:\/\/\S+\/metrics/;
const PATIENCE_MS = 30_000;
const SETTLED_MS = 100;

export const SOCKETS = ['talk', 'quiet', 'hostile'] as const;
export type SocketName = (typeof SOCKETS)[number];

/** How the agent is configured at the moment: a reload changes it. */
export interface AgentVariant {
  readonly threads: number;
  readonly maxBytes: number;
  readonly bufferKib: number;
}

export const FIRST_VARIANT: AgentVariant = { threads: 1, maxBytes: 512, bufferKib: 256 };

/** `udscope run` as a user has it: three sockets, each of a container of its own, captured both ways and decoded. */
export class FaultedAgent {
  readonly directory: string;
  readonly #file: string;
  #process!: RealProcess;

  private constructor(cleanup: Cleanup) {
    this.directory = cleanup.directory();
    this.#file = join(this.directory, 'udscope.yaml');
  }

  /** @param limit shell code that runs first, as `ulimit -n 256` */
  static async start(cleanup: Cleanup, limit = ':'): Promise<FaultedAgent> {
    const agent = new FaultedAgent(cleanup);
    agent.#write(FIRST_VARIANT);
    agent.#process = await startProcess({
      name: 'udscope',
      command: 'sh',
      args: ['-c', `${limit} && exec "$0" "$@"`, process.execPath, COMMAND, 'run', '--config', agent.#file],
    });
    cleanup.defer(() => agent.#process.kill());
    await agent.#process.waitForOutput('udscope is ready');
    await agent.#warmUp(cleanup);
    return agent;
  }

  listen(name: SocketName): string {
    return join(this.directory, 'relay', name, `${name}.sock`);
  }

  upstream(name: SocketName): string {
    return join(this.directory, `${name}.up`);
  }

  get pid(): number {
    return this.#process.pid;
  }

  get output(): string {
    return this.#process.output;
  }

  /** Throws unless it is still there. */
  check(): void {
    if (this.#process.exit !== undefined) throw new Error(this.#process.describe());
  }

  /** Has it load another configuration; does not wait for that. */
  reload(variant: AgentVariant): void {
    this.#write(variant);
    this.#process.signal('SIGHUP');
  }

  /** Descriptors that it may have at rest: its relay thread keeps a socket ready for the next client, now and then. */
  allowance(): number {
    return this.descriptors() + FIRST_VARIANT.threads;
  }

  descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** Resident memory, in MiB. */
  residentMib(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  }

  async scrape(): Promise<Map<string, Family>> {
    const url = METRICS_URL.exec(this.output)?.[0];
    if (url === undefined) throw new Error(this.#process.describe());
    // Kept open, the connection would be a descriptor of the agent's.
    return parsePrometheusText(await (await fetch(url, { headers: { connection: 'close' } })).text());
  }

  /** The sum over all series of a metric that have these labels. `suffix`: of a histogram. */
  async sum(name: string, labels: Readonly<Record<string, string>>, suffix?: string): Promise<number> {
    const samples = (await this.scrape()).get(name)?.samples ?? [];
    return samples
      .filter((sample) => sample.suffix === suffix && has(sample.labels, labels))
      .reduce((sum, { value }) => sum + value, 0);
  }

  /** Waits until no connection and no more descriptors than `descriptors` are left. */
  async settle(descriptors: number): Promise<{ connections: number; descriptors: number }> {
    let last = { connections: Number.NaN, descriptors: Number.NaN };
    try {
      await waitFor(
        'the agent to let go of everything',
        async () => {
          last = {
            connections: await this.sum('uds_connections_active', {}),
            descriptors: this.descriptors(),
          };
          return last.connections === 0 && last.descriptors <= descriptors;
        },
        { timeoutMs: PATIENCE_MS, intervalMs: 200 },
      );
    } catch {
      // What is left is what the report says.
    }
    return last;
  }

  async stop(): Promise<number | null> {
    return (await this.#process.stop(PATIENCE_MS)).code;
  }

  /** What is opened once and kept, a first connection opens: its upstream is not there yet. */
  async #warmUp(cleanup: Cleanup): Promise<void> {
    const stream = RawStream.connect(this.listen('quiet'), cleanup);
    await stream.receiveAll();
    stream.close();
    await this.settle(Number.POSITIVE_INFINITY);
    await sleep(SETTLED_MS);
  }

  #write({ threads, maxBytes, bufferKib }: AgentVariant): void {
    const sockets = SOCKETS.map((name) => ({
      name,
      listen: this.listen(name),
      upstream: this.upstream(name),
      container: { id: name },
    }));
    const receiver = { threads, buffer_size: `${bufferKib}KiB`, sockets };
    const pipeline = { receivers: ['uds'], processors: ['capture', 'enrich'], exporters: ['prometheus'] };
    const configuration = {
      receivers: { uds: receiver },
      processors: {
        capture: { max_bytes: maxBytes, tail_bytes: 64, directions: ['send', 'recv'] },
        enrich: {},
      },
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      service: { pipelines: { metrics: pipeline } },
    };
    writeFileSync(this.#file, stringify(configuration));
  }
}

function has(labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
