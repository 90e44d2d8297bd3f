import { NAMESPACE_ATTRIBUTE } from '../identity/namesakes.js';
import { SELECTABLE_ATTRIBUTES } from '../receivers/uds/index.js';
import type { Finding, NamedAttribute } from '../values/finding.js';
import { quote } from '../values/quote.js';
import { DEFAULT_METRIC_ATTRIBUTES } from './service-schema.js';
import { didYouMean } from './suggest.js';
import { find, plain, type TreeNode } from './tree.js';

/** Attributes that udscope itself puts on its metrics. */
const OWN_ATTRIBUTES = [
  'uds.socket.name',
  'uds.socket.path',
  'uds.socket.scope',
  'uds.direction',
  NAMESPACE_ATTRIBUTE,
  'rpc.system.name',
  'rpc.method',
  'rpc.status_code',
  'db.system.name',
  'db.namespace',
  'db.operation.name',
  'db.collection.name',
  'db.query.summary',
  'db.response.status_code',
  'mcp.method.name',
  'gen_ai.operation.name',
  'gen_ai.tool.name',
  'gen_ai.prompt.name',
  'rpc.response.status_code',
  'error.type',
  'otel.metric.overflow',
];

const ATTRIBUTES_PATH = ['service', 'telemetry', 'metrics', 'attributes'];

/** The label that the Prometheus exporter makes of an attribute's name. */
export function prometheusLabel(attribute: string): string {
  return attribute.replace(/[^A-Za-z0-9_]/g, '_').replace(/_{2,}/g, '_');
}

/**
 * Finds attributes that become the same label in Prometheus. A series with both would have the label twice, and
 * Prometheus would refuse the whole scrape.
 */
export function checkLabels(root: TreeNode, ofComponents: readonly NamedAttribute[]): Finding[] {
  const firstWith = new Map<string, string>();
  const own = OWN_ATTRIBUTES.map((name) => ({ name, path: [] }));
  return [...own, ...metricAttributes(root), ...ofComponents].flatMap(({ name, path }) => {
    const label = prometheusLabel(name);
    const earlier = firstWith.get(label) ?? name;
    firstWith.set(label, earlier);
    const message = labelMistake(name, earlier, label);
    return message === undefined ? [] : [{ path, ofKey: true, message }];
  });
}

function labelMistake(name: string, earlier: string, label: string): string | undefined {
  if (/^\d/.test(label)) return `${quote(name)} is no label to Prometheus; start it with a letter`;
  return earlier === name
    ? undefined
    : `${quote(name)} and ${quote(earlier)} are the same label to Prometheus, ${label}; rename one of them`;
}

/** Attributes that are listed and that no container has. */
export function warnOfAttributes(root: TreeNode, ofComponents: readonly NamedAttribute[]): Finding[] {
  const known = [...SELECTABLE_ATTRIBUTES, ...ofComponents.map(({ name }) => name)];
  return metricAttributes(root)
    .filter(({ name }) => !known.includes(name) && !OWN_ATTRIBUTES.includes(name))
    .map(({ name, path }) => {
      const advice = didYouMean(name, known) || `; there are ${SELECTABLE_ATTRIBUTES.join(', ')}`;
      return { path, message: `${quote(name)} is no attribute that is known of a container${advice}` };
    });
}

/** The attributes listed in `service.telemetry.metrics.attributes`, or the default ones. */
function metricAttributes(root: TreeNode): NamedAttribute[] {
  const node = find(root, ATTRIBUTES_PATH);
  const written = node === undefined ? null : plain(node);
  const names: readonly unknown[] = Array.isArray(written) ? written : DEFAULT_METRIC_ATTRIBUTES;
  return names.flatMap((name, index) =>
    typeof name === 'string' ? [{ name, path: [...ATTRIBUTES_PATH, index] }] : [],
  );
}
