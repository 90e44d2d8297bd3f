/** A real Prometheus server (Debian's package) that scrapes one target every second. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import {
  freePort,
  type RealProcess,
  startProcess,
  type WaitOptions,
  waitFor,
} from '../../support/process.js';
import { findTool } from './requirements.js';

export interface PrometheusOptions {
  /** What to scrape: `host:port`. */
  readonly target: string;
  /** A configuration in the place of one that scrapes the target every second. */
  readonly configuration?: unknown;
  /** `/metrics` by default. */
  readonly metricsPath?: string;
  /** `--enable-feature`s of the server. */
  readonly features?: readonly string[];
  /** An existing folder for its configuration and data, best of this server alone. */
  readonly directory: string;
}

export interface Sample {
  /** With the metric's name as `__name__`, where the query keeps it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** As the server tells of one. */
export interface Exemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: string;
  /** Seconds since the epoch. */
  readonly timestamp: number;
}

export interface Target {
  readonly health: 'up' | 'down' | 'unknown';
  /** Why the last scrape failed, in Prometheus's words; empty when it succeeded. */
  readonly lastError: string;
  readonly scrapeUrl: string;
}

interface QueryData {
  readonly resultType: string;
  readonly result: readonly { readonly metric: Record<string, string>; readonly value: [number, string] }[];
}

export class Prometheus {
  readonly url: string;
  readonly process: RealProcess;

  constructor(url: string, process: RealProcess) {
    this.url = url;
    this.process = process;
  }

  /** An instant query whose result is a vector. */
  async query(promql: string): Promise<Sample[]> {
    const data = await this.#get<QueryData>(`/api/v1/query?${new URLSearchParams({ query: promql })}`);
    if (data.resultType !== 'vector') throw new Error(`${promql} gives a ${data.resultType}, not a vector`);
    return data.result.map(({ metric, value }) => ({ labels: metric, value: sampleValue(value[1]) }));
  }

  /** Repeats a query until `accepts` says yes, by default to the first result that is not empty. */
  async waitForQuery(
    promql: string,
    accepts: (samples: Sample[]) => boolean = (samples) => samples.length > 0,
    options: WaitOptions = {},
  ): Promise<Sample[]> {
    let last: Sample[] = [];
    const probe = async () => {
      last = await this.query(promql);
      return accepts(last) ? last : undefined;
    };
    try {
      return await waitFor(`Prometheus to answer ${promql}`, probe, { process: this.process, ...options });
    } catch (error) {
      const seen = `its last answer: ${JSON.stringify(last)}\ntargets: ${JSON.stringify(await this.targets())}`;
      throw new Error(`${(error as Error).message}\n${seen}`, { cause: error });
    }
  }

  /** The values of a label, of all series that a selector matches. */
  labelValues(label: string, selector: string): Promise<string[]> {
    return this.#get(`/api/v1/label/${label}/values?${new URLSearchParams({ 'match[]': selector })}`);
  }

  /** The exemplars that it keeps of a series. */
  async exemplars(promql: string): Promise<Exemplar[]> {
    const seconds = Math.ceil(Date.now() / 1000);
    const parameters = { query: promql, start: String(seconds - 3600), end: String(seconds + 60) };
    type Data = readonly { readonly exemplars: readonly Exemplar[] }[];
    const data = await this.#get<Data>(`/api/v1/query_exemplars?${new URLSearchParams(parameters)}`);
    return data.flatMap(({ exemplars }) => exemplars);
  }

  async targets(): Promise<Target[]> {
    const { activeTargets } = await this.#get<{ activeTargets: Target[] }>('/api/v1/targets?state=active');
    return activeTargets.map(({ health, lastError, scrapeUrl }) => ({ health, lastError, scrapeUrl }));
  }

  async stop(): Promise<void> {
    await this.process.stop();
  }

  async #get<Data>(path: string): Promise<Data> {
    const response = await fetch(this.url + path);
    const body = (await response.json()) as { status: string; error?: string; data: Data };
    if (body.status !== 'success') throw new Error(`Prometheus refused ${path}: ${body.error}`);
    return body.data;
  }
}

/** Starts it and returns once it answers. Its first scrape comes five seconds later: no setting changes that. */
export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const config = join(options.directory, 'prometheus.yml');
  await writeFile(config, stringify(options.configuration ?? prometheusConfig(options)));
  const address = `127.0.0.1:${await freePort()}`;
  const process = await startProcess({
    name: 'Prometheus',
    command: findTool('prometheus') ?? 'prometheus',
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(options.directory, 'data')}`,
      `--web.listen-address=${address}`,
      ...(options.features ?? []).map((feature) => `--enable-feature=${feature}`),
    ],
    cwd: options.directory,
  });
  const url = `http://${address}`;
  await waitFor('Prometheus to be ready', async () => (await fetch(`${url}/-/ready`)).ok, { process });
  return new Prometheus(url, process);
}

function prometheusConfig({ target, metricsPath = '/metrics' }: PrometheusOptions): unknown {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [
      { job_name: 'test', metrics_path: metricsPath, static_configs: [{ targets: [target] }] },
    ],
  };
}

/** Prometheus writes numbers as Go does: `+Inf`, `-Inf` and `NaN` among them. */
function sampleValue(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}
