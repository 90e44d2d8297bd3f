import type { Attributes } from '@opentelemetry/api';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { emptyResource, resourceFromAttributes } from '@opentelemetry/resources';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import type { DrawnMetric } from '../../telemetry/draw-metric.js';
import { LabelCache } from './label-cache.js';

export interface TextFormatSettings {
  /** Labels of the agent, for `target_info`. */
  target: Attributes;
  /** What every series has beside its own attributes, and after them. */
  common: Attributes;
}

/** The name of a metric on the page, and the lines above its samples. */
export interface Family {
  readonly name: string;
  readonly header: string;
}

const HELP = '# HELP ';

/**
 * What all pages of an agent have in common, in the Prometheus text format, version 0.0.4.
 *
 * The SDK's PrometheusSerializer writes what a page has once: `target_info`, and the name, help, unit and type of each
 * metric. It does not write samples: it makes the labels of every line anew, a histogram's for each of its buckets, and
 * takes many times as long as Page, which writes the same text. The two differ where Prometheus would refuse the
 * serializer's: in a page every line ends in a line feed, no label begins with a digit, and none is twice in a line.
 */
export class TextFormat {
  /** The lines above all metrics. */
  readonly head: string;
  /** What is there in place of metrics when there are none. */
  readonly noMetrics: string;
  readonly labels: LabelCache;
  readonly #serializer = new PrometheusSerializer('', false, undefined, true, true);

  constructor({ target, common }: TextFormatSettings) {
    const scopeMetrics: [] = [];
    this.noMetrics = `${this.#serializer.serialize({ resource: emptyResource(), scopeMetrics })}\n`;
    const resource = resourceFromAttributes(target);
    const page = new PrometheusSerializer().serialize({ resource, scopeMetrics });
    this.head = page.slice(0, page.length + 1 - this.noMetrics.length);
    this.labels = new LabelCache(common);
  }

  /** Undefined when no character of the metric's name can be in one of Prometheus. */
  familyOf(metric: DrawnMetric): Family | undefined {
    const withoutPoints: MetricData = { ...metric, dataPoints: [] };
    const scopeMetrics = [{ scope: { name: '' }, metrics: [withoutPoints] }];
    const header = this.#serializer.serialize({ resource: emptyResource(), scopeMetrics });
    if (!header.startsWith(HELP)) return undefined;
    return { name: header.slice(HELP.length, header.indexOf(' ', HELP.length)), header };
  }
}
