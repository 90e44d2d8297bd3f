import type { Finding, Path } from '../values/finding.js';
import { quote } from '../values/quote.js';
import type { Signal } from '../values/signal.js';
import { type ComponentDefinition, components } from './components.js';
import { parseIdentifier } from './identifiers.js';
import { idsAt, PIPELINES, signalOf } from './pipeline-lists.js';
import { entriesAt, type TreeNode } from './tree.js';
import type { ParsedComponent } from './validate-components.js';

/** Checks that the components of each pipeline can handle its signal, and work together. */
export function checkSignals(root: TreeNode, parsed: readonly ParsedComponent[]): Finding[] {
  return [...entriesAt(root, PIPELINES).keys()].flatMap((id) => {
    const signal = signalOf(id);
    if (signal === undefined) return [];
    return [
      ...checkProcessors(root, signal, [...PIPELINES, id, 'processors']),
      ...checkExporters(root, signal, [...PIPELINES, id, 'exporters'], parsed),
    ];
  });
}

/** Calls are decoded from what was captured, and spans are made of calls. */
function checkProcessors(root: TreeNode, signal: Signal, path: Path): Finding[] {
  const processors = idsAt(root, path).map(({ id, index }) => ({ type: parseIdentifier(id)?.type, index }));
  const enrich = processors.find(({ type }) => type === 'enrich');
  if (enrich === undefined) {
    const message = 'must have an enrich processor; there are no spans without one';
    return signal === 'traces' ? [{ path, message }] : [];
  }
  const isCaptured = processors.some(({ type, index }) => type === 'capture' && index < enrich.index);
  const message = 'enrich needs a capture processor before it';
  return isCaptured ? [] : [{ path: [...path, enrich.index], message }];
}

function checkExporters(
  root: TreeNode,
  signal: Signal,
  path: Path,
  parsed: readonly ParsedComponent[],
): Finding[] {
  const definitions = Object.entries<ComponentDefinition>(components.exporters);
  const able = definitions.filter(([, { signals }]) => signals?.includes(signal)).map(([type]) => type);
  return idsAt(root, path).flatMap(({ id, index }) => {
    const exporter = parsed.find((component) => component.kind === 'exporters' && component.id === id);
    if (exporter === undefined || able.includes(exporter.type)) return [];
    const message = `exporter ${quote(id)} cannot export ${signal}; give ${able.join(' or ')}`;
    return [{ path: [...path, index], message }];
  });
}
