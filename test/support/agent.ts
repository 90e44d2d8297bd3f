import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { BrokenInvariant } from '../../src/assertions.js';
import type { Cleanup } from './cleanup.js';
import { type RealProcess, waitFor } from './process.js';
import { type Family, parsePrometheusText, type Sample } from './prometheus-text.js';
import { COMMAND, startCommand } from './udscope.js';

/** Labels that a series has, among others; undefined: it must not have that one. */
export type Labels = Readonly<Record<string, string | undefined>>;

export interface LaunchOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Shell code that runs first, as `ulimit -n 256`. */
  readonly limit?: string | undefined;
  /** Whether `udscope supervise` starts it. */
  readonly isSupervised?: boolean;
}

/** Where it says that Prometheus may ask: an exporter of OTLP that fails names a URL that ends so, too. */
const METRICS_URL = /http:\/\/[^\s/]+\/metrics/g;

/** `udscope run` with a configuration of the test's, in a directory of its own. */
export class Agent {
  readonly directory: string;
  /** The configuration. */
  readonly file: string;
  /** Where the control API is to be, if there is one. */
  readonly control: string;
  readonly #cleanup: Cleanup;
  #process: RealProcess | undefined;

  constructor(cleanup: Cleanup) {
    this.#cleanup = cleanup;
    this.directory = cleanup.directory();
    this.file = join(this.directory, 'udscope.yaml');
    this.control = join(this.directory, 'private/control.sock');
  }

  /** Starts it, after its end also again; whether it becomes ready is for the caller to see. */
  async launchWith(
    configuration: unknown,
    { isSupervised = false, ...options }: LaunchOptions = {},
  ): Promise<RealProcess> {
    this.write(configuration);
    const run = ['run', '--config', this.file];
    const args = isSupervised ? ['supervise', '--', process.execPath, COMMAND, ...run] : run;
    const udscope = await startCommand({ ...options, args });
    this.#cleanup.defer(async () => {
      await udscope.kill();
      assert.ok(!udscope.output.includes(BrokenInvariant.name), udscope.describe());
    });
    this.#process = udscope;
    return udscope;
  }

  /** Starts it, and waits until it is ready. */
  async startWith(configuration: unknown, options?: LaunchOptions): Promise<this> {
    const udscope = await this.launchWith(configuration, options);
    await udscope.waitForOutput('udscope is ready');
    return this;
  }

  /** Has it take another configuration. @throws Error with its output when it refuses. */
  async reloadWith(configuration: unknown): Promise<void> {
    this.write(configuration);
    const { process } = this;
    const before = process.outputEnd;
    process.signal('SIGHUP');
    const said = await waitFor(
      'the configuration to be reloaded, or not',
      () => /configuration (?:not )?reloaded.*/s.exec(process.outputFrom(before))?.[0],
      { process },
    );
    if (said.startsWith('configuration not')) throw new Error(said);
  }

  write(configuration: unknown): void {
    writeFileSync(this.file, stringify(configuration));
  }

  get process(): RealProcess {
    return this.#process ?? assert.fail('the agent was not started');
  }

  /** The page that Prometheus gets. */
  async page(accept = 'text/plain'): Promise<string> {
    // Kept open, the connection would be a descriptor of the agent's.
    return (await fetch(this.metricsUrl, { headers: { connection: 'close', accept } })).text();
  }

  /** Where that is, of the last that has started. */
  get metricsUrl(): string {
    return this.process.output.match(METRICS_URL)?.at(-1) ?? assert.fail(this.process.describe());
  }

  async metrics(): Promise<ReadonlyMap<string, Family>> {
    return parsePrometheusText(await this.page());
  }

  /** What a metric says of all series with these labels. */
  async samples(name: string, labels: Labels = {}): Promise<Sample[]> {
    const samples = (await this.metrics()).get(name)?.samples ?? [];
    return samples.filter((sample) => hasLabels(sample.labels, labels));
  }

  /** The sum of a metric over all series with these labels. `suffix`: of a histogram. */
  async sum(name: string, labels: Labels = {}, suffix?: string): Promise<number> {
    const samples = await this.samples(name, labels);
    return samples.filter((sample) => sample.suffix === suffix).reduce((sum, { value }) => sum + value, 0);
  }

  /** Connections that ended with an error, by socket and error. */
  async describeErrors(): Promise<string> {
    const samples = await this.samples('uds_connection_errors_total');
    const shown = samples.map(
      ({ labels, value }) =>
        `${labels['uds_socket_name']} ${labels['error_type']} of ${labels['uds_connection_end'] ?? 'neither'} ${value}`,
    );
    return shown.join(', ');
  }

  /** Waits until a metric, summed over all series, has a value. */
  async waitForSum(name: string, value: number): Promise<void> {
    await this.until(`${name} to be ${value}`, async () => (await this.sum(name)) === value);
  }

  /** Waits until something is so, as long as it runs. */
  until(what: string, condition: () => Promise<boolean>, timeoutMs?: number): Promise<unknown> {
    const { process } = this;
    return waitFor(what, condition, timeoutMs === undefined ? { process } : { process, timeoutMs });
  }
}

export function hasLabels(labels: Readonly<Record<string, string>>, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
