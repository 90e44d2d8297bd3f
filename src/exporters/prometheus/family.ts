import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { escapeText, legalCharacters } from './labels.js';

/**
 * The name Prometheus knows a metric by, as the SDK's serializer has it: without the unit, and with `_total`
 * on counters. Undefined when the name has no character that could be in one.
 */
export function familyName(metric: MetricData): string | undefined {
  const name = legalCharacters(escapeText(metric.descriptor.name));
  if (name === '' || name === '_') return undefined;
  const legal = /^\d/.test(name) ? `_${name}` : name;
  return isCounter(metric) && !legal.endsWith('_total') ? `${legal}_total` : legal;
}

/** The lines above the samples of a metric. */
export function familyHeader(name: string, metric: MetricData): string {
  const { description, unit } = metric.descriptor;
  const help = `# HELP ${name} ${escapeText(description || 'description missing')}\n`;
  const unitLine = unit === '' ? '' : `# UNIT ${name} ${escapeText(unit)}\n`;
  return `${help}${unitLine}# TYPE ${name} ${familyType(metric)}\n`;
}

function familyType(metric: MetricData): string {
  if (metric.dataPointType === DataPointType.HISTOGRAM) return 'histogram';
  return isCounter(metric) ? 'counter' : 'gauge';
}

function isCounter(metric: MetricData): boolean {
  return metric.dataPointType === DataPointType.SUM && metric.isMonotonic;
}
