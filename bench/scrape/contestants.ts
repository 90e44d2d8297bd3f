import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { emptyResource } from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { Exposition } from '../../src/exporters/prometheus/exposition.js';
import { gzipBody, plainBody } from '../../src/exporters/prometheus/page.js';
import { SeriesProducer } from '../../src/telemetry/series-producer.js';
import type { SeriesTable } from '../../src/telemetry/series-table.js';

/** A way to make the page of a scrape. */
export interface Contestant {
  name: string;
  /** Makes a page ready to be sent. Resolves with its length in bytes, compressed if that is asked for. */
  scrape(isZipped: boolean): Promise<number>;
}

const scope = { name: 'udscope', version: '1.0.0' };
const compress = promisify(gzip);

/** The SDK's reader and its serializer, and zlib at its default level. */
export function stock(table: SeriesTable): Contestant {
  const reader = new PrometheusExporter({
    metricProducers: [new SeriesProducer({ tables: [table], scope })],
    preventServerStart: true,
  });
  new MeterProvider({ readers: [reader] });
  const serializer = new PrometheusSerializer('', false, undefined, false, true);
  return {
    name: 'stock',
    async scrape(isZipped) {
      const { resourceMetrics } = await reader.collect();
      const text = serializer.serialize(resourceMetrics);
      return (isZipped ? await compress(text) : Buffer.from(text)).length;
    },
  };
}

/** The exporter's own way. */
export function own(table: SeriesTable): Contestant {
  const exposition = new Exposition(
    { tables: [table], scope, resource: emptyResource() },
    { without_scope_info: true, resource_constant_labels: null },
  );
  return {
    name: 'udscope',
    async scrape(isZipped) {
      const { page } = await exposition.expose();
      const body = await (isZipped ? gzipBody : plainBody)(page, () => true);
      return body?.length ?? 0;
    },
  };
}

/** The part that both share: the metrics as objects of the SDK. */
export function collecting(table: SeriesTable): Contestant {
  const producer = new SeriesProducer({ tables: [table], scope });
  return {
    name: 'collecting',
    async scrape() {
      const { resourceMetrics } = await producer.collect();
      return resourceMetrics.scopeMetrics.length;
    },
  };
}
