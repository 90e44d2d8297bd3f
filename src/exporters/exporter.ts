import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { Logger } from 'pino';
import type { KeptListeners } from '../http/kept-listener.js';
import type { CallSource } from '../telemetry/call-data.js';
import type { SeriesTable } from '../telemetry/series-table.js';
import type { ExportHealth } from './health.js';

/** The metrics to export. */
export interface MetricsSource {
  tables: readonly SeriesTable[];
  scope: InstrumentationScope;
  /** Attributes of this agent. */
  resource: Resource;
  /**
   * Brings the tables up to date with what is counted elsewhere. To be awaited before they are read. Never rejects. Left out:
   * all is counted here.
   */
  refresh?(): Promise<void>;
}

/**
 * The telemetry to export. An exporter that is in no metrics pipeline has no tables, one that is in no traces pipeline no
 * sources of spans, and one that is in no logs pipeline none of log records.
 */
export interface TelemetrySource extends MetricsSource {
  spans: readonly CallSource[];
  logs: readonly CallSource[];
}

/** What an exporter is given beside its configuration. */
export interface ExporterContext {
  /** The component's id in the configuration, `type` or `type/name`. */
  id: string;
  source: TelemetrySource;
  logger: Logger;
  health: ExportHealth;
  /** Listening sockets that outlive the process. Left out: none does. */
  kept?: KeptListeners;
}

/** A way out for metrics, spans and log records. */
export interface Exporter {
  /** Resolves when telemetry can flow. @throws an Error whose message a user can act on (port in use, …). */
  start(): Promise<void>;
  /**
   * Exports what there is, if the exporter does so by itself, and stops by `deadlineMs` (as of `deadlineNow`).
   * Idempotent, and legal before start.
   */
  shutdown(deadlineMs: number): Promise<void>;
  /** As `shutdown`, where another process goes on with what this one listens on. Left out: it listens on nothing. */
  leave?(deadlineMs: number): Promise<void>;
}
