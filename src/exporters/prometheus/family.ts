import { DataPointType } from '@opentelemetry/sdk-metrics';
import type { DrawnMetric } from '../../telemetry/draw-metric.js';
import { escapeName, isLegacyMetric } from './escaping.js';
import { escapeValue } from './labels.js';
import type { PageType } from './negotiate.js';
import { type FamilyType, metricName, type TranslationStrategy } from './translation.js';
import { unitWords } from './units.js';

/** The name of a line, up to its labels. */
export interface SampleName {
  /** Up to the first label. */
  readonly beforeLabels: Uint8Array;
  /** The same of a line that has no labels. */
  readonly bare: Uint8Array;
}

/** A metric on a page. */
export interface Family {
  /** The lines above its samples. */
  readonly header: string;
  /** The name of its samples, `suffix` for those of a histogram. */
  sample(suffix?: string): SampleName;
  /** The name of the lines that say since when a series counts; undefined where the page has none. */
  readonly created: SampleName | undefined;
}

const TOTAL = '_total';

/** A metric on a page of this type; undefined where no character of its name can be in one of Prometheus. */
export function familyOf(
  metric: DrawnMetric,
  strategy: TranslationStrategy,
  page: PageType,
): Family | undefined {
  const { name, unit, description } = metric.descriptor;
  const type = typeOf(metric);
  const translated = metricName({ name, unit }, type, strategy);
  if (translated === undefined) return undefined;
  const sampleName = escapeName(translated, page.escaping);
  const isOpenMetrics = page.syntax === 'openmetrics';
  const hasTotal = type === 'counter' && sampleName.endsWith(TOTAL);
  const base = hasTotal ? sampleName.slice(0, -TOTAL.length) : sampleName;
  const family = isOpenMetrics ? base : sampleName;
  const hasCreated = isOpenMetrics && (hasTotal || type === 'histogram');
  return {
    header: headerOf(family, {
      help: escapeHelp(description || 'description missing', isOpenMetrics),
      unit: unitOf(base, unit),
      // In OpenMetrics a counter without the suffix is none.
      type: isOpenMetrics && type === 'counter' && !hasTotal ? 'unknown' : type,
    }),
    sample: (suffix = '') => nameOf(sampleName + suffix),
    created: hasCreated ? nameOf(`${base}_created`) : undefined,
  };
}

function typeOf(metric: DrawnMetric): FamilyType {
  if (metric.dataPointType === DataPointType.HISTOGRAM) return 'histogram';
  return metric.isMonotonic ? 'counter' : 'gauge';
}

/** The unit, where the name ends in it as it has to. */
function unitOf(base: string, unit: string): string {
  const { main, per } = unitWords(unit);
  const words = [main, per].filter((word) => word !== '').join('_');
  return words !== '' && base.endsWith(`_${words}`) ? words : '';
}

/** @param lines what there is to say of the metric, escaped. */
export function headerOf(name: string, lines: { help: string; unit?: string; type: string }): string {
  const shown = isLegacyMetric(name) ? name : quoted(name);
  const unit = lines.unit ? `# UNIT ${shown} ${lines.unit}\n` : '';
  return `# HELP ${shown} ${lines.help}\n${unit}# TYPE ${shown} ${lines.type}\n`;
}

function nameOf(name: string): SampleName {
  const [beforeLabels, bare] = isLegacyMetric(name)
    ? [`${name}{`, name]
    : [`{${quoted(name)},`, `{${quoted(name)}}`];
  return { beforeLabels: Buffer.from(beforeLabels), bare: Buffer.from(bare) };
}

function quoted(name: string): string {
  return `"${escapeValue(name)}"`;
}

function escapeHelp(text: string, isOpenMetrics: boolean): string {
  return isOpenMetrics ? escapeValue(text) : text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');
}
