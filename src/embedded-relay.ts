import type { Meter } from '@opentelemetry/api';
import type { AggregationTemporalitySelector } from '@opentelemetry/sdk-metrics';
import { type Logger, pino } from 'pino';
import { Containers } from './identity/containers.js';
import { ATTRIBUTION_INSTRUMENTS } from './identity/instruments.js';
import { UDS_INSTRUMENTS, UdsReceiver, udsReceiverSchema } from './receivers/uds/index.js';
import { observeTable } from './telemetry/observe.js';
import { SeriesProducer } from './telemetry/series-producer.js';
import { SeriesTable } from './telemetry/series-table.js';
import { VERSION } from './version.js';

/** A `uds` receiver as the configuration file has it, and what a program decides beside. */
export interface EmbeddedRelayOptions {
  /** `sockets`, `threads`, …: the body of `receivers.uds`, in the same words. */
  receiver: unknown;
  /** Container attributes that become attributes of the metrics. Default: container.id and container.name. */
  attributes?: readonly string[];
  /** Series kept at a time; what comes beyond is counted in one overflow series. Default 20,000. */
  maxSeries?: number;
  /** How long the series of an ended socket are still reported, in ms. Default 60,000. */
  lingerMs?: number;
  /** Default: silent. */
  logger?: Logger;
  /** Hears of a relay thread that died; without it the error is thrown. */
  onFatal?: (error: unknown) => void;
}

/** Sockets that are being relayed in this process. */
export interface EmbeddedRelay {
  /** Puts the `uds.*` instruments on a Meter; the result takes them away again. */
  observe(meter: Meter): () => void;
  /** A producer for the `metricProducers` of one metric reader. */
  metricProducer(temporality?: AggregationTemporalitySelector): SeriesProducer;
  /** Stops accepting, lets connections end until `deadlineMs` (ms since the epoch), then cuts them. */
  shutdown(deadlineMs: number): Promise<void>;
}

const DEFAULT_ATTRIBUTES = ['container.id', 'container.name'];
const DEFAULT_MAX_SERIES = 20_000;
const DEFAULT_LINGER_MS = 60_000;

/**
 * Relays sockets in this process, on threads of their own, for programs with an OpenTelemetry SDK of theirs.
 *
 * Where the process may act as others (CAP_SETUID, CAP_SETGID), relay threads connect to upstreams as their clients, unless
 * a socket says `credentials: self`: without that, every client would have the rights of this program. Other threads
 * stay as they are; but the kernel writes no core dump of a process that has acted as others (fs.suid_dumpable). A program
 * that gives its privileges up must do so before. What is used is said to `logger`.
 *
 * @throws ZodError when `receiver` is not what a `uds` receiver takes; ListenError when a path cannot be used;
 * CredentialsError where `credentials: client` is asked for and the process may not.
 */
export async function startRelay(options: EmbeddedRelayOptions): Promise<EmbeddedRelay> {
  const config = udsReceiverSchema.parse(options.receiver);
  const table = new SeriesTable(UDS_INSTRUMENTS, {
    maxSeries: options.maxSeries ?? DEFAULT_MAX_SERIES,
    lingerMs: options.lingerMs ?? DEFAULT_LINGER_MS,
    ownerSeries: config.client_limits.series,
  });
  const attribution = new SeriesTable(ATTRIBUTION_INSTRUMENTS, {
    maxSeries: Number.POSITIVE_INFINITY,
    lingerMs: 0,
  });
  const containers = new Containers();
  const receiver = new UdsReceiver({
    id: 'uds',
    table,
    attribution,
    containers,
    logger: options.logger ?? pino({ level: 'silent' }),
    fatal: options.onFatal ?? rethrow,
  });
  const change = await receiver.prepare({ config, attributes: options.attributes ?? DEFAULT_ATTRIBUTES });
  await change.commit();
  return {
    observe: (meter) => observeTable(table, meter),
    metricProducer: (temporality) =>
      new SeriesProducer({
        tables: [table, attribution],
        scope: { name: 'udscope', version: VERSION },
        ...(temporality === undefined ? {} : { temporality }),
      }),
    async shutdown(deadlineMs) {
      await receiver.shutdown(deadlineMs);
      containers.close();
    },
  };
}

function rethrow(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
