import type { Finding } from '../values/finding.js';
import { quote } from '../values/quote.js';
import { SIGNALS } from '../values/signal.js';
import { SIGNAL_ADVICE, TYPE_ADVICE } from './collector-words.js';
import { COMPONENT_KINDS, type ComponentKind } from './components.js';
import { NOT_AN_IDENTIFIER, parseIdentifier } from './identifiers.js';
import { type IsUsed, PIPELINES, type Reference, type WrittenPipeline } from './pipelines.js';
import { didYouMean } from './suggest.js';
import { entriesAt, find, isNull, type TreeNode } from './tree.js';

const SINGULAR: Readonly<Record<ComponentKind, string>> = {
  receivers: 'receiver',
  processors: 'processor',
  exporters: 'exporter',
  extensions: 'extension',
};

/** Checks how pipelines are put together. */
export function checkPipelines(
  root: TreeNode,
  pipelines: readonly WrittenPipeline[],
  references: readonly Reference[],
): Finding[] {
  return [
    ...(hasNone(root) ? [{ path: PIPELINES, message: 'must have at least one pipeline, as metrics' }] : []),
    ...pipelines.flatMap(checkPipeline),
    ...references.flatMap((reference) => checkReference(root, reference)),
    ...checkRepeated(references),
  ];
}

/** Ids that are configured and used nowhere. */
export function unusedComponents(root: TreeNode, isUsed: IsUsed): Finding[] {
  return COMPONENT_KINDS.flatMap((kind) =>
    [...entriesAt(root, [kind]).keys()]
      .filter((id) => !isUsed({ kind, id }))
      .map((id) => ({ path: [kind, id], ofKey: true, message: unused(kind) })),
  );
}

function unused(kind: ComponentKind): string {
  return `is configured but not used in ${kind === 'extensions' ? 'service.extensions' : 'any pipeline'}`;
}

/** True without pipelines, unless the schema says what is wrong with them. */
function hasNone(root: TreeNode): boolean {
  const service = find(root, ['service']);
  const node = find(root, PIPELINES);
  const isMap = (value: TreeNode | undefined) => value === undefined || value.kind === 'map' || isNull(value);
  return isMap(service) && isMap(node) && entriesAt(root, PIPELINES).size === 0;
}

function checkPipeline({ id, signal, path, node }: WrittenPipeline): Finding[] {
  const identifier = parseIdentifier(id);
  if (identifier === undefined) return [{ path, ofKey: true, message: NOT_AN_IDENTIFIER }];
  if (signal === undefined) {
    return [{ path, ofKey: true, message: unknownSignal(identifier.type, id) }];
  }
  if (node.kind !== 'map' && !isNull(node)) return [];
  return (['receivers', 'exporters'] as const)
    .filter((kind) => {
      const list = find(node, [kind]);
      return list === undefined || isNull(list) || (list.kind === 'list' && list.items.length === 0);
    })
    .map((kind) => ({ path: [...path, kind], message: `must have at least one ${SINGULAR[kind]}` }));
}

function unknownSignal(signal: string, id: string): string {
  const advice = Object.hasOwn(SIGNAL_ADVICE, signal) ? `; ${SIGNAL_ADVICE[signal]}` : '';
  return `unknown signal: ${quote(signal)} for id: ${quote(id)} (valid values: [${SIGNALS.join(', ')}])${advice}`;
}

function checkReference(root: TreeNode, { kind, id, path, at }: Reference): Finding[] {
  const configured = [...entriesAt(root, [kind]).keys()];
  if (configured.includes(id)) return [];
  const words = `references ${SINGULAR[kind]} ${quote(id)} which is not configured`;
  const type = parseIdentifier(id)?.type ?? '';
  const advice = TYPE_ADVICE[kind];
  const help = Object.hasOwn(advice, type) ? `; ${type} ${advice[type]}` : didYouMean(id, configured);
  return [{ path, at, message: `${words}${help}` }];
}

function checkRepeated(references: readonly Reference[]): Finding[] {
  const seen = new Set<string>();
  return references.flatMap(({ kind, id, path, at }) => {
    const key = JSON.stringify([path, id]);
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [{ path, at, message: `references ${SINGULAR[kind]} ${quote(id)} multiple times` }];
  });
}
