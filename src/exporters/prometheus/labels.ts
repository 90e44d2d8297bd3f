import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { type Escaping, escapeName, isLegacyLabel } from './escaping.js';
import { keepsCharacters, type TranslationStrategy } from './translation.js';

/**
 * The label that the SDK's serializer makes of an attribute's name, except that it never begins with a digit: for one
 * such label, Prometheus refuses the whole scrape.
 */
export function labelName(attribute: string): string {
  // Underscores in a row become one, too.
  const label = attribute.replace(/[^a-zA-Z0-9]+/g, '_');
  return /^(\d|$)/.test(label) ? `_${label}` : label;
}

/** What an attribute is called on a page. */
export type LabelNaming = (attribute: string) => string;

/** How a page of this strategy and escaping names labels. */
export function labelNaming(strategy: TranslationStrategy, escaping: Escaping): LabelNaming {
  const translate: LabelNaming = keepsCharacters(strategy) ? (attribute) => attribute || '_' : labelName;
  if (escaping === 'allow-utf-8') return translate;
  // Colons are for metrics only.
  return (attribute) => escapeName(translate(attribute), escaping).replaceAll(':', '_');
}

/**
 * The same for attributes of a histogram. Its buckets have the label `le`, and Prometheus refuses the whole scrape
 * when a label is twice in a line. An attribute of that name becomes `exported_le`, as Prometheus itself renames labels
 * that clash with its own.
 */
export function histogramNaming(nameOf: LabelNaming): LabelNaming {
  return (attribute) => (attribute === 'le' ? nameOf('exported_le') : nameOf(attribute));
}

/**
 * The same attributes under the names of their labels. Where several have the same label, their values are joined in the
 * order of their names, as the specification on compatibility with Prometheus requires.
 */
export function asLabels(attributes: Attributes, nameOf: LabelNaming): Attributes {
  const labels = new Map<string, AttributeValue>();
  for (const name of Object.keys(attributes).sort()) {
    const value = attributes[name];
    if (value === undefined) continue;
    const label = nameOf(name);
    const earlier = labels.get(label);
    labels.set(label, earlier === undefined ? value : `${valueText(earlier)};${valueText(value)}`);
  }
  return Object.fromEntries(labels);
}

/**
 * Labels with their values, as they stand between the braces of a line, in the order of the attributes.
 *
 * @param common what is added unless the attributes have a label of that name.
 */
export function labelsText(attributes: Attributes, common: Attributes, nameOf: LabelNaming): string {
  const labels = labelValues(attributes, nameOf);
  for (const [label, value] of labelValues(common, nameOf)) {
    if (!labels.has(label)) labels.set(label, value);
  }
  return Array.from(labels, ([label, value]) => `${quotedLabel(label)}="${escapeValue(value)}"`).join(',');
}

function labelValues(attributes: Attributes, nameOf: LabelNaming): Map<string, string> {
  const values = new Map<string, string>();
  for (const name of Object.keys(attributes)) {
    const value = attributes[name];
    if (value === undefined) continue;
    const label = nameOf(name);
    const joined = values.has(label) ? asLabels(attributes, nameOf)[label] : value;
    values.set(label, valueText(joined ?? value));
  }
  return values;
}

function quotedLabel(label: string): string {
  return isLegacyLabel(label) ? label : `"${escapeValue(label)}"`;
}

/** A value, or a name that is quoted as one. */
export function escapeValue(text: string): string {
  if (!/[\\\n"]/.test(text)) return text;
  return text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"');
}

function valueText(value: AttributeValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
