import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { emptyResource } from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { inTurns } from '../../src/async/in-turns.js';
import { compress } from '../../src/exporters/prometheus/compressed.js';
import { Exposition } from '../../src/exporters/prometheus/exposition.js';
import { type PageType, PLAIN_PAGE } from '../../src/exporters/prometheus/negotiate.js';
import { collectTables } from '../../src/telemetry/collect-tables.js';
import { SCOPE } from '../../src/telemetry/scope.js';
import { SeriesProducer } from '../../src/telemetry/series-producer.js';
import type { SeriesTable } from '../../src/telemetry/series-table.js';

/** A way to make the page of a scrape. */
export interface Contestant {
  name: string;
  /** Makes a page ready to be sent. Resolves with its length in bytes, compressed if that is asked for. */
  scrape(isZipped: boolean): Promise<number>;
}

const compressAtOnce = promisify(gzip);

/** The SDK's reader and its serializer, and zlib at its default level. */
export function stock(table: SeriesTable): Contestant {
  const reader = new PrometheusExporter({
    metricProducers: [new SeriesProducer({ tables: [table], scope: SCOPE })],
    preventServerStart: true,
  });
  new MeterProvider({ readers: [reader] });
  const serializer = new PrometheusSerializer('', false, undefined, false, true);
  return {
    name: 'stock',
    async scrape(isZipped) {
      const { resourceMetrics } = await reader.collect();
      const text = serializer.serialize(resourceMetrics);
      return (isZipped ? await compressAtOnce(text) : Buffer.from(text)).length;
    },
  };
}

/** What Prometheus asks for. */
const OPEN_METRICS: PageType = { syntax: 'openmetrics', version: '1.0.0', escaping: 'underscores' };

/** The exporter's own way, with the lines of the stock page. */
export function own(table: SeriesTable): Contestant {
  return exposing('udscope', table, { type: PLAIN_PAGE, withoutScope: true });
}

/** What the exporter sends to Prometheus by default. */
export function ownOpenMetrics(table: SeriesTable): Contestant {
  return exposing('udscope, OpenMetrics and scope', table, { type: OPEN_METRICS, withoutScope: false });
}

/** The same in the text format: what the labels of the scope cost. */
export function ownWithScope(table: SeriesTable): Contestant {
  return exposing('udscope, scope', table, { type: PLAIN_PAGE, withoutScope: false });
}

function exposing(
  name: string,
  table: SeriesTable,
  { type, withoutScope }: { type: PageType; withoutScope: boolean },
): Contestant {
  const exposition = new Exposition(
    { tables: [table], scope: SCOPE, resource: emptyResource() },
    {
      translation_strategy: 'UnderscoreEscapingWithSuffixes',
      without_scope_info: withoutScope,
      resource_constant_labels: null,
    },
  );
  return {
    name,
    async scrape(isZipped) {
      const page = exposition.expose(type);
      if (isZipped) return (await compress(page, () => true))?.length ?? 0;
      let bytes = 0;
      for await (const chunk of inTurns(page)) bytes += chunk.length;
      return bytes;
    },
  };
}

/** The part of it that is one piece: what the tables hold at one moment. */
export function collecting(table: SeriesTable): Contestant {
  return {
    name: 'collecting',
    async scrape() {
      return collectTables([table], Date.now).groups.length;
    },
  };
}
