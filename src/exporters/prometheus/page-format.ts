import type { Attributes } from '@opentelemetry/api';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { DrawnMetric } from '../../telemetry/draw-metric.js';
import { type Family, familyOf, headerOf } from './family.js';
import { LabelCache } from './label-cache.js';
import { asLabels, type LabelNaming, labelNaming, labelsText } from './labels.js';
import type { PageType } from './negotiate.js';
import { keepsCharacters, type TranslationStrategy } from './translation.js';

export interface PageFormatSettings {
  readonly strategy: TranslationStrategy;
  /** What describes the agent, for `target_info`. */
  readonly target: Attributes;
  /** What every series has beside its own attributes, and after them. */
  readonly common: Attributes;
}

const NO_METRICS = '# no registered metrics\n';

/** What all pages of one type have in common. */
export class PageFormat {
  /** The lines above all metrics. */
  readonly head: string;
  /** What is there in place of metrics when there are none. */
  readonly noMetrics: string;
  /** The lines below all metrics. */
  readonly end: string;

  constructor(
    readonly type: PageType,
    readonly labels: LabelCache,
    private readonly settings: PageFormatSettings,
    nameOf: LabelNaming,
  ) {
    const target = asLabels(settings.target, nameOf);
    const isOpenMetrics = type.syntax === 'openmetrics';
    this.head = isOpenMetrics ? openMetricsHead(target) : textHead(target, type);
    this.noMetrics = isOpenMetrics ? '' : NO_METRICS;
    this.end = isOpenMetrics ? '# EOF\n' : '';
  }

  /** Undefined when no character of the metric's name can be in one of Prometheus. */
  familyOf(metric: DrawnMetric): Family | undefined {
    return familyOf(metric, this.settings.strategy, this.type);
  }
}

/** The formats of an agent, which are made when they are asked for, and share labels that read the same. */
export class PageFormats {
  readonly #settings: PageFormatSettings;
  readonly #formats = new Map<string, PageFormat>();
  readonly #labels = new Map<string, LabelCache>();

  constructor(settings: PageFormatSettings) {
    this.#settings = settings;
  }

  of(type: PageType): PageFormat {
    const key = `${type.syntax} ${type.version} ${type.escaping}`;
    let format = this.#formats.get(key);
    if (format === undefined) {
      const nameOf = labelNaming(this.#settings.strategy, type.escaping);
      format = new PageFormat(type, this.#labelsOf(type, nameOf), this.#settings, nameOf);
      this.#formats.set(key, format);
    }
    return format;
  }

  #labelsOf({ escaping }: PageType, nameOf: LabelNaming): LabelCache {
    const { strategy, common } = this.#settings;
    // Escaping leaves names alone that Prometheus has always taken, except that one kind doubles underscores.
    const spelling = keepsCharacters(strategy) || escaping === 'dots' ? escaping : 'as they are';
    let labels = this.#labels.get(spelling);
    if (labels === undefined) {
      labels = new LabelCache(common, nameOf);
      this.#labels.set(spelling, labels);
    }
    return labels;
  }
}

function openMetricsHead(target: Attributes): string {
  return targetInfo('target', 'info', target);
}

/** By the SDK's serializer, except that it cannot write names with other characters. */
function textHead(target: Attributes, { escaping }: PageType): string {
  if (escaping === 'allow-utf-8') return targetInfo('target_info', 'gauge', target);
  const resource = resourceFromAttributes(target);
  const page = new PrometheusSerializer().serialize({ resource, scopeMetrics: [] });
  return page.slice(0, page.length + 1 - NO_METRICS.length);
}

function targetInfo(name: string, type: string, target: Attributes): string {
  const labels = labelsText(target, {}, (label) => label);
  return `${headerOf(name, { help: 'Target metadata', type })}target_info${labels && `{${labels}}`} 1\n`;
}
