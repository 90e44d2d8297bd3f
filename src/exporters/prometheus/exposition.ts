import type { Attributes } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { SeriesProducer } from '../../telemetry/series-producer.js';
import { countPoints } from '../count-points.js';
import type { MetricsSource } from '../exporter.js';
import type { PrometheusExporterConfig } from './config.js';
import { asLabels } from './labels.js';
import type { Page } from './page.js';
import { TextWriter } from './text-writer.js';

/** Metrics in the Prometheus text format, and how many data points they are. */
export interface Exposed {
  page: Page;
  points: number;
}

type ExpositionConfig = Pick<PrometheusExporterConfig, 'without_scope_info' | 'resource_constant_labels'>;

/**
 * What a scrape gets to see: the SDK's own Prometheus exporter collects, TextWriter writes.
 *
 * Every call makes a collection of its own, at once, so that a scrape sees the moment it was made. It is
 * written when it is sent.
 */
export class Exposition {
  readonly #reader: PrometheusExporter;
  readonly #writer: TextWriter;

  constructor(source: MetricsSource, config: ExpositionConfig) {
    const { attributes } = source.resource;
    this.#writer = new TextWriter({
      target: asLabels(attributes),
      common: {
        ...matching(attributes, config.resource_constant_labels),
        ...(config.without_scope_info ? {} : scopeLabels(source.scope)),
      },
    });
    this.#reader = new PrometheusExporter({
      metricProducers: [new SeriesProducer({ tables: source.tables, scope: source.scope })],
      // Its server stays off: it answers 200 when collecting fails. Host and port are given so that they
      // are not looked for in the environment.
      preventServerStart: true,
      host: 'localhost',
      port: PrometheusExporter.DEFAULT_OPTIONS.port,
    });
    // A reader does not collect before it has a provider.
    new MeterProvider({ resource: source.resource, readers: [this.#reader] });
  }

  /** @throws Error when metrics cannot be collected. */
  async expose(): Promise<Exposed> {
    const { resourceMetrics, errors } = await this.#reader.collect();
    if (errors.length > 0) throw errors[0];
    const { scopeMetrics } = resourceMetrics;
    const page: Page = { [Symbol.iterator]: () => this.#writer.write(scopeMetrics) };
    return { page, points: countPoints(scopeMetrics) };
  }

  shutdown(): Promise<void> {
    return this.#reader.shutdown();
  }
}

function matching(attributes: Attributes, pattern: RegExp | null): Attributes {
  if (pattern === null) return {};
  return asLabels(Object.fromEntries(Object.entries(attributes).filter(([name]) => name.match(pattern))));
}

/** The labels of what has measured. All that is shown is of the same scope. */
export function scopeLabels({ name, schemaUrl, version }: InstrumentationScope): Attributes {
  return {
    otel_scope_name: name,
    ...(schemaUrl && { otel_scope_schema_url: schemaUrl }),
    ...(version && { otel_scope_version: version }),
  };
}
