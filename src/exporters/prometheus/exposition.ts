import type { Attributes } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import { AggregationTemporality } from '@opentelemetry/sdk-metrics';
import { collectTables } from '../../telemetry/collect-tables.js';
import { drawMetrics } from '../../telemetry/draw-metric.js';
import { unsteppedNowMs } from '../../telemetry/unstepped-time.js';
import type { MetricsSource } from '../exporter.js';
import type { PrometheusExporterConfig } from './config.js';
import type { PageType } from './negotiate.js';
import { Page } from './page.js';
import { PageFormats } from './page-format.js';

type ExpositionConfig = Pick<
  PrometheusExporterConfig,
  'translation_strategy' | 'without_scope_info' | 'resource_constant_labels'
>;

/** What a scrape gets to see. */
export class Exposition {
  readonly #source: MetricsSource;
  readonly #formats: PageFormats;

  constructor(source: MetricsSource, config: ExpositionConfig) {
    const { attributes } = source.resource;
    this.#source = source;
    this.#formats = new PageFormats({
      strategy: config.translation_strategy,
      target: attributes,
      common: {
        ...matching(attributes, config.resource_constant_labels),
        ...(config.without_scope_info ? {} : scopeLabels(source.scope)),
      },
    });
  }

  /**
   * Collects what the tables hold now. The page of it is written while it is read.
   *
   * @throws Error when metrics cannot be collected; so does the page.
   */
  expose(type: PageType): Page {
    const collection = collectTables(this.#source.tables, unsteppedNowMs);
    return new Page(
      this.#formats.of(type),
      drawMetrics(collection, () => AggregationTemporality.CUMULATIVE),
    );
  }
}

function matching(attributes: Attributes, pattern: RegExp | null): Attributes {
  if (pattern === null) return {};
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => name.match(pattern)));
}

/** The labels of what has measured. All that is shown is of the same scope. */
export function scopeLabels({ name, schemaUrl, version }: InstrumentationScope): Attributes {
  return {
    otel_scope_name: name,
    ...(schemaUrl && { otel_scope_schema_url: schemaUrl }),
    ...(version && { otel_scope_version: version }),
  };
}
