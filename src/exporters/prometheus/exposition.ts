import type { Attributes } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { DataPointType, MeterProvider, type MetricData, type ScopeMetrics } from '@opentelemetry/sdk-metrics';
import { SeriesProducer } from '../../metrics/series-producer.js';
import { countPoints } from '../count-points.js';
import type { MetricsSource } from '../exporter.js';
import type { PrometheusExporterConfig } from './config.js';
import { asHistogramLabels, asLabels, labelName } from './labels.js';

/** Metrics in the Prometheus text format, and how many data points they are. */
export interface Exposed {
  text: string;
  points: number;
}

type ExpositionConfig = Pick<PrometheusExporterConfig, 'without_scope_info' | 'resource_constant_labels'>;

/**
 * What a scrape gets to see: the SDK's own Prometheus exporter collects, its serializer writes.
 *
 * Every call makes a collection of its own, so that a scrape sees the moment it was made. Sharing one
 * between scrapes that come together would save them little: most of the time is in the writing.
 */
export class Exposition {
  readonly #reader: PrometheusExporter;
  readonly #serializer: PrometheusSerializer;
  readonly #resource: Resource;
  readonly #constantLabels: Attributes;
  /** With constant labels: attributes that have them, by those of the series, which stay the same objects. */
  readonly #labelled = new WeakMap<Attributes, Attributes>();

  constructor(source: MetricsSource, config: ExpositionConfig) {
    this.#resource = resourceFromAttributes(asLabels(source.resource.attributes));
    this.#constantLabels = matching(source.resource.attributes, config.resource_constant_labels);
    this.#serializer = new PrometheusSerializer('', false, undefined, false, config.without_scope_info);
    this.#reader = new PrometheusExporter({
      metricProducers: [new SeriesProducer({ tables: source.tables, scope: source.scope })],
      // Its server stays off: it answers 200 when collecting fails. Host and port are given so that they
      // are not looked for in the environment.
      preventServerStart: true,
      host: 'localhost',
      port: PrometheusExporter.DEFAULT_OPTIONS.port,
    });
    // A reader does not collect before it has a provider.
    new MeterProvider({ resource: this.#resource, readers: [this.#reader] });
  }

  /** @throws Error when metrics cannot be collected. */
  async expose(): Promise<Exposed> {
    const { resourceMetrics, errors } = await this.#reader.collect();
    if (errors.length > 0) throw errors[0];
    const scopeMetrics = this.#withConstantLabels(resourceMetrics.scopeMetrics).map(({ scope, metrics }) => ({
      scope,
      metrics: metrics.map(withBucketLabelFree),
    }));
    const text = this.#serializer.serialize({ resource: this.#resource, scopeMetrics });
    // The format wants a line feed after every line. The serializer forgets that of the last one.
    return { text: text.endsWith('\n') ? text : `${text}\n`, points: countPoints(scopeMetrics) };
  }

  shutdown(): Promise<void> {
    return this.#reader.shutdown();
  }

  /**
   * Not by the serializer, which would write a label twice that both the resource and a series have.
   * That of the series counts.
   */
  #withConstantLabels(scopeMetrics: ScopeMetrics[]): ScopeMetrics[] {
    if (Object.keys(this.#constantLabels).length === 0) return scopeMetrics;
    return scopeMetrics.map(({ scope, metrics }) => ({
      scope,
      metrics: metrics.map((metric) => this.#label(metric)),
    }));
  }

  #label(metric: MetricData): MetricData {
    const dataPoints = metric.dataPoints.map((point) => ({
      ...point,
      attributes: this.#labels(point.attributes),
    }));
    // TypeScript loses track of which kind of metric has which kind of points.
    return { ...metric, dataPoints } as MetricData;
  }

  #labels(attributes: Attributes): Attributes {
    let labels = this.#labelled.get(attributes);
    if (labels === undefined) {
      const own = new Set(Object.keys(attributes).map(labelName));
      const constant = Object.entries(this.#constantLabels).filter(([name]) => !own.has(name));
      labels = { ...attributes, ...Object.fromEntries(constant) };
      this.#labelled.set(attributes, labels);
    }
    return labels;
  }
}

function withBucketLabelFree(metric: MetricData): MetricData {
  if (metric.dataPointType !== DataPointType.HISTOGRAM) return metric;
  const dataPoints = metric.dataPoints.map((point) => {
    const attributes = asHistogramLabels(point.attributes);
    return attributes === point.attributes ? point : { ...point, attributes };
  });
  return { ...metric, dataPoints };
}

function matching(attributes: Attributes, pattern: RegExp | null): Attributes {
  if (pattern === null) return {};
  return asLabels(Object.fromEntries(Object.entries(attributes).filter(([name]) => name.match(pattern))));
}
