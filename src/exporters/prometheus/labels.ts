import type { Attributes, AttributeValue } from '@opentelemetry/api';

/**
 * The label that PrometheusSerializer makes of an attribute's name, except for the digit that a label
 * cannot begin with: one such label, and Prometheus refuses the whole scrape.
 */
export function labelName(attribute: string): string {
  const label = attribute.replace(/[^a-z0-9_]/gi, '_').replace(/_{2,}/g, '_');
  return /^(\d|$)/.test(label) ? `_${label}` : label;
}

/**
 * The same attributes under the names of their labels. Of those that share one the values are joined, in
 * the order of their names, as the specification on compatibility with Prometheus has it.
 */
export function asLabels(attributes: Attributes): Attributes {
  const labels = new Map<string, AttributeValue>();
  for (const name of Object.keys(attributes).sort()) {
    const value = attributes[name];
    if (value === undefined) continue;
    const label = labelName(name);
    const earlier = labels.get(label);
    labels.set(label, earlier === undefined ? value : `${text(earlier)};${text(value)}`);
  }
  return Object.fromEntries(labels);
}

/**
 * The attributes of a histogram, whose buckets have the label `le`: twice in a line, and Prometheus refuses
 * the whole scrape. An attribute of that name becomes `exported_le`, as Prometheus itself renames labels that
 * clash with its own.
 */
export function asHistogramLabels(attributes: Attributes): Attributes {
  if (attributes['le'] === undefined) return attributes;
  const { le, ...others } = attributes;
  return { ...others, exported_le: le };
}

function text(value: AttributeValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
