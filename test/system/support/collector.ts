/**
 * A real OpenTelemetry Collector, built by test/system/collector/build.sh. It takes OTLP over HTTP and writes
 * every request as one JSON line, so that a test compares what arrived with what was sent.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { stringify } from 'yaml';
import type { Signal } from '../../../src/values/signal.js';
import {
  freePort,
  type RealProcess,
  startProcess,
  type WaitOptions,
  waitFor,
} from '../../support/process.js';
import { builtTool } from './built-tool.js';
import { type MetricPoint, metricPoints } from './otlp-json.js';
import { type ReceivedLogRecord, receivedLogRecords } from './otlp-json-log-records.js';
import { type ReceivedSpan, receivedSpans } from './otlp-json-spans.js';

export type { MetricPoint } from './otlp-json.js';

/** Long enough for a first build on two cores with nothing in Go's caches. */
export const COLLECTOR_BUILD_TIMEOUT_MS = 15 * 60_000;

const POINTS_IN_ERRORS = 20;

export interface CollectorOptions {
  /** Over what the OTLP/HTTP receiver listens. `tcp` by default. */
  readonly http?: 'tcp' | 'unix';
  /** Processors of the metrics pipeline by name, with their settings, null for the usual ones. */
  readonly processors?: Readonly<Record<string, unknown>>;
  /** Those of them that spans pass through as well. */
  readonly spanProcessors?: readonly string[];
  /** The `tls` map of the receiver, for https. */
  readonly tls?: Readonly<Record<string, string>>;
  /** An existing folder for its configuration, socket and output, best of this Collector alone. */
  readonly directory: string;
}

/** The Collector's path. The first call on a machine builds it, which takes minutes: give the hook that time. */
export function buildCollector(): Promise<string> {
  return builtTool('collector/build.sh');
}

export class Collector {
  /** As an exporter's configuration has it: `http://127.0.0.1:4318` or `unix:///folder/otlp.sock`. */
  readonly endpoint: string;
  /** Where the socket is, when it listens on one. */
  readonly socketPath: string | undefined;
  /** Where its exporter for Prometheus is, `host:port`. */
  readonly prometheus: string;
  readonly #binary: string;
  readonly #config: string;
  readonly #directory: string;
  #process: RealProcess | undefined;

  constructor(binary: string, endpoint: string, prometheus: string, directory: string) {
    this.endpoint = endpoint;
    this.socketPath = endpoint.startsWith('unix://') ? endpoint.slice('unix://'.length) : undefined;
    this.prometheus = prometheus;
    this.#binary = binary;
    this.#config = join(directory, 'collector.yaml');
    this.#directory = directory;
  }

  /** Returns once it accepts requests. */
  async start(): Promise<void> {
    if (this.socketPath !== undefined) {
      // A Collector that was killed leaves its socket file, and the next one would fail to bind to it.
      rmSync(this.socketPath, { force: true });
    }
    this.#process = await startProcess({
      name: 'the Collector',
      command: this.#binary,
      args: [`--config=file:${this.#config}`],
    });
    await this.#process.waitForOutput('Everything is ready. Begin running and processing data.');
  }

  /** Ends it with SIGTERM: everything it acknowledged is then written. Legal after `stop` and `kill`. */
  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  /** Ends it with SIGKILL. What it received in the last tenth of a second may be lost. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  /** Stops it, if it runs, and starts it with the same endpoint; `received` keeps what it had. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** All points so far, oldest request first; a point is there within about a tenth of a second. */
  received(): MetricPoint[] {
    return this.#requests('metrics').flatMap((line) => metricPoints(line));
  }

  /** All spans so far, oldest request first. */
  receivedSpans(): ReceivedSpan[] {
    return this.#requests('traces').flatMap((line) => receivedSpans(line));
  }

  /** All log records so far, oldest request first. */
  receivedLogRecords(): ReceivedLogRecord[] {
    return this.#requests('logs').flatMap((line) => receivedLogRecords(line));
  }

  /** Waits until what was received so far is accepted, and returns it. */
  async waitForReceived(
    accepts: (points: MetricPoint[]) => boolean,
    options: WaitOptions = {},
  ): Promise<MetricPoint[]> {
    let last: MetricPoint[] = [];
    const probe = () => {
      last = this.received();
      return accepts(last) && last;
    };
    try {
      return await waitFor('the Collector to receive what the test expects', probe, options);
    } catch (error) {
      const newest = last.slice(-POINTS_IN_ERRORS);
      const seen = `it has ${last.length} points, the newest: ${inspect(newest, { depth: 4 })}`;
      throw new Error(`${(error as Error).message}\n${seen}\n${this.describe()}`, { cause: error });
    }
  }

  /** Waits until there are at least so many spans, and returns all. */
  async waitForSpans(count: number): Promise<ReceivedSpan[]> {
    const probe = () => this.receivedSpans().length >= count;
    try {
      await waitFor(`the Collector to receive ${count} spans`, probe);
    } catch (error) {
      const seen = `it has ${this.receivedSpans().length}`;
      throw new Error(`${(error as Error).message}\n${seen}\n${this.describe()}`, { cause: error });
    }
    return this.receivedSpans();
  }

  /** Its state and its own log, for error messages. */
  describe(): string {
    return this.#process?.describe() ?? 'the Collector was not started';
  }

  /** The requests that were written down, one a line. */
  #requests(signal: Signal): string[] {
    const path = outputPath(this.#directory, signal);
    if (!existsSync(path)) return [];
    // The part after the last line end is empty or a line that is still being written.
    return readFileSync(path, 'utf8').split('\n').slice(0, -1);
  }
}

export async function startCollector(options: CollectorOptions): Promise<Collector> {
  const { directory, http = 'tcp', tls } = options;
  const path = await buildCollector();
  const address = http === 'unix' ? join(directory, 'otlp.sock') : `127.0.0.1:${await freePort()}`;
  const prometheus = `127.0.0.1:${await freePort()}`;
  const config = collectorConfig(options, { transport: http, endpoint: address, tls }, prometheus);
  await writeFile(join(directory, 'collector.yaml'), stringify(config));
  const endpoint = http === 'unix' ? `unix://${address}` : `http${tls === undefined ? '' : 's'}://${address}`;
  const collector = new Collector(path, endpoint, prometheus, directory);
  await collector.start();
  return collector;
}

function outputPath(directory: string, signal: Signal): string {
  return join(directory, `${signal}.jsonl`);
}

function collectorConfig(
  { directory, processors = {}, spanProcessors = [] }: CollectorOptions,
  http: unknown,
  prometheus: string,
): unknown {
  // Appending keeps what was received before a restart.
  const fileOf = (signal: Signal) => ({
    path: outputPath(directory, signal),
    append: true,
    flush_interval: '100ms',
  });
  const metrics = {
    receivers: ['otlp'],
    processors: Object.keys(processors),
    exporters: ['file/metrics', 'prometheus'],
  };
  return {
    receivers: { otlp: { protocols: { http } } },
    processors,
    exporters: {
      'file/metrics': fileOf('metrics'),
      'file/traces': fileOf('traces'),
      'file/logs': fileOf('logs'),
      prometheus: { endpoint: prometheus },
    },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: {
        metrics,
        traces: { receivers: ['otlp'], processors: spanProcessors, exporters: ['file/traces'] },
        logs: { receivers: ['otlp'], processors: [], exporters: ['file/logs'] },
      },
    },
  };
}
