import type { Attributes } from '@opentelemetry/api';
import { deadlineNow } from '../../async/deadline.js';
import type { Signal } from '../../values/signal.js';
import type { ExporterContext } from '../exporter.js';
import type { ComponentType, SignalHealth } from '../health.js';
import type { ExportError } from '../health-instruments.js';
import { secondsSince } from '../seconds-since.js';
import { type OtlpHttpExporterConfig, type OtlpTarget, targetOf } from './config.js';
import { DeliveryLog } from './delivery-log.js';
import { ExportTime } from './export-time.js';
import { HttpSender } from './http-sender.js';
import type { Failed, Outcome } from './outcome.js';
import { RetryGate } from './retry-gate.js';
import { TlsFiles } from './tls-files.js';
import { type RetryConfig, withRetries } from './with-retries.js';

export interface DestinationSettings {
  sender: HttpSender;
  retry: RetryConfig;
  health: SignalHealth;
  log: DeliveryLog;
}

/** Part of the time there is for requests. The rest is for what comes after the last one. */
const USABLE = 0.95;

/** Where the requests of one signal go: sends them with retries, and counts and logs the attempts that fail. */
export class Destination {
  readonly log: DeliveryLog;
  readonly health: SignalHealth;
  readonly #sender: HttpSender;
  readonly #retry: RetryConfig;
  readonly #gate = new RetryGate();
  /** The time budget of what is being sent. */
  #time: ExportTime | undefined;
  #deadlineMs = Number.POSITIVE_INFINITY;

  constructor({ sender, retry, health, log }: DestinationSettings) {
    this.log = log;
    this.health = health;
    this.#sender = sender;
    this.#retry = retry;
  }

  /** Whether a failed attempt may be repeated. */
  get retries(): boolean {
    return this.#retry.enabled;
  }

  /** Whether a deadline is set. */
  get isStopping(): boolean {
    return this.#deadlineMs !== Number.POSITIVE_INFINITY;
  }

  /** What goes over the wire for `message`. */
  pack(message: Uint8Array): Promise<Uint8Array> {
    return this.#sender.pack(message);
  }

  /** The time for what is sent next, until `end`: at most `limitMs`, and until the deadline. */
  begin(limitMs = Number.POSITIVE_INFINITY): ExportTime {
    const time = new ExportTime(Math.min(limitMs, this.#deadlineMs - deadlineNow()) * USABLE);
    this.#time = time;
    return time;
  }

  end(time: ExportTime): void {
    time.stop();
    this.#time = undefined;
  }

  /** One request with its retries. Never rejects. */
  async send(body: Uint8Array, time: ExportTime): Promise<Outcome> {
    const startMs = performance.now();
    const attempt = async () => {
      const outcome = await this.#sender.send(body, time.signal);
      if (outcome.kind !== 'delivered') this.noteFailure(outcome);
      return outcome;
    };
    const outcome = await withRetries(attempt, this.#retry, time, this.#gate);
    this.health.recordOperation(secondsSince(startMs), { error: errorOf(outcome), status: outcome.status });
    return outcome;
  }

  noteFailure({ reason, message }: Pick<Failed, 'reason' | 'message'>): void {
    this.health.countFailure(reason);
    this.log.failed(message);
  }

  /**
   * Sets the deadline for all that is sent (as of `deadlineNow`). A request under way has half of the time, and no
   * longer waits for a retry.
   */
  finishBy(deadlineMs: number): void {
    this.#deadlineMs = deadlineMs;
    this.#time?.hurry((deadlineMs - deadlineNow()) / 2);
  }

  /** Closes the connection. */
  close(): void {
    this.#sender.close();
  }
}

/** What the conventions call an error: a success that is not a full one, too. */
function errorOf(outcome: Outcome): ExportError | undefined {
  if (outcome.kind !== 'delivered') return outcome.reason;
  return outcome.rejected === 0 ? undefined : 'rejected';
}

const CONTENT_TYPES = { proto: 'application/x-protobuf', json: 'application/json' };

const COMPONENTS: Readonly<Record<Signal, Record<OtlpHttpExporterConfig['encoding'], ComponentType>>> = {
  metrics: { proto: 'otlp_http_metric_exporter', json: 'otlp_http_json_metric_exporter' },
  traces: { proto: 'otlp_http_span_exporter', json: 'otlp_http_json_span_exporter' },
  logs: { proto: 'otlp_http_log_exporter', json: 'otlp_http_json_log_exporter' },
};

/** What is exported, as users call it. */
const WORDS = { metrics: 'metrics', traces: 'spans', logs: 'log records' } as const;

/** Each signal has a connection of its own: a request of one does not wait for those of another. */
export function createDestination(
  signal: Signal,
  config: OtlpHttpExporterConfig,
  { source, logger, health }: ExporterContext,
): Destination {
  const target = targetOf(signal, config);
  const log = new DeliveryLog({ logger, what: WORDS[signal], destination: visibleTarget(target) });
  const sender = new HttpSender({
    target,
    tls: isHttps(target) ? new TlsFiles(config.tls, log) : undefined,
    signal,
    headers: config.headers,
    contentType: CONTENT_TYPES[config.encoding],
    compression: config.compression,
    userAgent: `udscope/${source.scope.version ?? 'unknown'}`,
    timeoutMs: config.timeout,
  });
  const type = COMPONENTS[signal][config.encoding];
  const counts = health.of(signal, type, serverOf(target));
  return new Destination({ sender, retry: config.retry_on_failure, health: counts, log });
}

/** `server.*` of the conventions: an address and a port, or the path of a socket. */
function serverOf({ url, socketPath }: OtlpTarget): Attributes {
  if (socketPath !== undefined) return { 'server.address': socketPath };
  const { protocol, hostname, port } = new URL(url);
  const usual = protocol === 'https:' ? HTTPS_PORT : HTTP_PORT;
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  return { 'server.address': address, 'server.port': port === '' ? usual : Number(port) };
}

const HTTP_PORT = 80;
const HTTPS_PORT = 443;

function isHttps({ url, socketPath }: OtlpTarget): boolean {
  return socketPath === undefined && new URL(url).protocol === 'https:';
}

/** Where requests go, without what a URL may have of secrets: user, password, query. */
function visibleTarget({ url, socketPath }: OtlpTarget): string {
  if (socketPath !== undefined) return `unix://${socketPath}`;
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
