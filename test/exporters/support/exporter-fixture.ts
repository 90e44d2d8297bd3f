import type { Attributes } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { pino } from 'pino';
import type { ExporterContext } from '../../../src/exporters/exporter.js';
import { ExportHealth, ExportHealthTables } from '../../../src/exporters/health.js';
import { allocateCounters, counterRow, RECV_BYTES, SEND_BYTES } from '../../../src/receivers/uds/counters.js';
import { UDS_INSTRUMENTS } from '../../../src/receivers/uds/instruments.js';
import type { CallSource } from '../../../src/telemetry/call-data.js';
import type { SeriesContainer } from '../../../src/telemetry/series-container.js';
import { type SeriesHandle, SeriesTable } from '../../../src/telemetry/series-table.js';

/** Another than the agent's own: what is shown must be what was given. */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.2.3';

/** What tests call the counts they look at. */
const COUNTS: Readonly<Record<string, string>> = {
  'otel.sdk.exporter.metric_data_point.exported': 'data_points',
  'otel.sdk.exporter.span.exported': 'spans',
  'otel.sdk.exporter.log.exported': 'logs',
  'otel.sdk.processor.span.processed': 'processed',
  'otel.sdk.processor.log.processed': 'processed',
  'udscope.export.failures': 'failures',
};

/** A line of the log. */
export interface LogLine {
  level: 'debug' | 'info' | 'warn' | 'error';
  msg: string;
}

/** A socket that is being relayed. */
export interface RelayedSocket {
  handle: SeriesHandle;
  send(bytes: number): void;
  receive(bytes: number): void;
}

export interface AgentSettings {
  id?: string;
  resource?: Attributes;
  maxSeries?: number;
  lingerMs?: number;
  /** Sources of spans; none: the exporter is in no traces pipeline. */
  spans?: readonly CallSource[];
  /** The same of log records. */
  logs?: readonly CallSource[];
  /** Whether the exporter is in a metrics pipeline. */
  metrics?: boolean;
}

/** All that surrounds an exporter in a running agent, and a view of what it does to it. */
export class Agent {
  readonly table: SeriesTable;
  readonly log: LogLine[] = [];
  readonly context: ExporterContext;
  /** Whether metrics cannot be collected. */
  outOfOrder = false;
  readonly #health = new ExportHealthTables();
  readonly #counters = allocateCounters(8192);
  #rows = 0;

  constructor(settings: AgentSettings = {}) {
    const {
      id = 'exporter',
      resource = { 'service.name': 'udscope' },
      maxSeries = 10_000,
      lingerMs = 0,
      spans = [],
      logs = [],
    } = settings;
    this.table = new SeriesTable(UDS_INSTRUMENTS, { maxSeries, lingerMs });
    const scope = { name: 'udscope', version: '1.2.3', schemaUrl: SCHEMA_URL };
    this.context = {
      id,
      source: {
        tables: settings.metrics === false ? [] : [this.table, this.#faultyTable()],
        spans,
        logs,
        scope,
        resource: resourceFromAttributes(resource, { schemaUrl: SCHEMA_URL }),
      },
      logger: pino(
        { level: 'debug', base: null, formatters: { level: (level) => ({ level }) } },
        { write: (line: string) => void this.log.push(JSON.parse(line)) },
      ),
      health: new ExportHealth(this.#health, id),
    };
  }

  /** `container`: the one that the attributes name. */
  relay(name: string, attributes: Attributes = {}, container?: SeriesContainer): RelayedSocket {
    const handle = this.table.open({ 'uds.socket.name': name, ...attributes }, undefined, container);
    const row = counterRow(this.#counters, this.#rows++);
    handle.attach([row]);
    return {
      handle,
      send: (bytes) => {
        row[SEND_BYTES] += bytes;
      },
      receive: (bytes) => {
        row[RECV_BYTES] += bytes;
      },
    };
  }

  /** What the exporter counts of items and failures, by instrument, and by error or reason. Only what is not zero. */
  get health(): Record<string, number> {
    return Object.fromEntries(
      this.healthPoints.flatMap(({ name, attributes, value }) => {
        const known = COUNTS[name];
        const why = attributes['error.type'] ?? attributes['reason'];
        if (known === undefined || value === 0) return [];
        // All that is queued is given to the exporter in the end.
        if (known === 'processed' && why === undefined) return [];
        return [[why === undefined ? known : `${known}: ${why}`, value]];
      }),
    );
  }

  /** All points of the exporter's own health; of durations their number. */
  get healthPoints(): { name: string; attributes: Attributes; value: number }[] {
    return this.#health.all.flatMap((table) =>
      table.readings().flatMap(({ series, totals }) =>
        table.group.instruments.flatMap(({ name, points }) =>
          points.map((point) => ({
            name,
            attributes: series.attributesOf(point),
            value: point.value(totals),
          })),
        ),
      ),
    );
  }

  /** A table that shows nothing, and is the reason when collecting fails. */
  #faultyTable(): SeriesTable {
    const value = () => {
      if (this.outOfOrder) throw new Error('out of order');
      return 0;
    };
    const instrument = { name: 'fault', description: '', unit: '1', kind: 'counter' as const };
    const group = { width: 1, instruments: [{ ...instrument, points: [{ value, omitZero: true }] }] };
    const table = new SeriesTable(group, { maxSeries: 1, lingerMs: 0 });
    table.open({});
    return table;
  }

  logged(level: LogLine['level']): string[] {
    return this.log.filter((line) => line.level === level).map(({ msg }) => msg);
  }
}

/** A deadline for a shutdown that has nothing to wait for. */
export function soon(): number {
  return Date.now() + 2000;
}
