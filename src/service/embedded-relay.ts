import type { Meter } from '@opentelemetry/api';
import type { AggregationTemporalitySelector } from '@opentelemetry/sdk-metrics';
import { type Logger, pino } from 'pino';
import { Containers } from '../identity/containers.js';
import { ATTRIBUTION_INSTRUMENTS } from '../identity/instruments.js';
import { UDS_INSTRUMENTS, UdsReceiver, udsReceiverSchema } from '../receivers/uds/index.js';
import { observeTable } from '../telemetry/observe.js';
import { SCOPE } from '../telemetry/scope.js';
import { SeriesProducer } from '../telemetry/series-producer.js';
import { SeriesTable } from '../telemetry/series-table.js';

/** The configuration of a `uds` receiver, and settings that the configuration file has elsewhere. */
export interface EmbeddedRelayOptions {
  /** The body of `receivers.uds` in the configuration file: `sockets`, `threads`, … `nice` is 0 by default: relay threads as the program. */
  receiver: unknown;
  /** Container attributes that become attributes of the metrics. Default: container.id and container.name. */
  attributes?: readonly string[];
  /** Series kept at a time; further ones are counted in one overflow series. Default: 20,000. */
  maxSeries?: number;
  /** How long the series of a socket that has ended are still reported, in ms. Default: 60,000. */
  lingerMs?: number;
  /** Default: silent. */
  logger?: Logger;
  /** Called when a relay thread has died. Default: the error is thrown. */
  onFatal?: (error: unknown) => void;
}

/** Sockets that are being relayed in this process. */
export interface EmbeddedRelay {
  /** Adds the `uds.*` instruments to a Meter. Returns a function that removes them. */
  observe(meter: Meter): () => void;
  /** A producer for the `metricProducers` of one metric reader. */
  metricProducer(temporality?: AggregationTemporalitySelector): SeriesProducer;
  /** Stops accepting, waits for connections to end until `deadlineMs` (ms since the epoch), then closes them. */
  shutdown(deadlineMs: number): Promise<void>;
}

/** As in the configuration file, with relay threads that are no more urgent than the rest of a program that does other work as well. */
export const embeddedReceiverSchema = udsReceiverSchema.extend({
  nice: udsReceiverSchema.shape.nice.prefault(0),
});

const DEFAULT_ATTRIBUTES = ['container.id', 'container.name'];
const DEFAULT_MAX_SERIES = 20_000;
const DEFAULT_LINGER_MS = 60_000;

/**
 * Relays sockets on threads of this process, for programs with their own OpenTelemetry SDK.
 *
 * If the process may change its credentials (CAP_SETUID, CAP_SETGID), relay threads connect to upstreams with those of
 * the client. Otherwise, or with `credentials: self`, every client has the rights of this program. Other threads keep
 * their credentials, but the kernel writes no core dump of a process that has changed any (fs.suid_dumpable). A program
 * that drops privileges must do so before it calls this. The credentials that are used are logged to `logger`.
 *
 * @throws ZodError if `receiver` is not a valid configuration; ListenError if a path cannot be used; CredentialsError
 * if `credentials: client` is configured and the process may not change its credentials
 */
export async function startRelay(options: EmbeddedRelayOptions): Promise<EmbeddedRelay> {
  const config = embeddedReceiverSchema.parse(options.receiver);
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
        tables: [table, attribution, receiver.threadTable],
        scope: SCOPE,
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
