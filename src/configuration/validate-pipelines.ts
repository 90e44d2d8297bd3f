import type { Finding, Path } from '../values/finding.js';
import { quote } from '../values/quote.js';
import { SIGNALS } from '../values/signal.js';
import { COMPONENT_KINDS, type ComponentKind } from './components.js';
import { NOT_AN_IDENTIFIER, parseIdentifier } from './identifiers.js';
import { idsAt, PIPELINES, signalOf } from './pipeline-lists.js';
import { socketCaptures } from './socket-captures.js';
import { didYouMean } from './suggest.js';
import { type Entry, entriesAt, find, isNull, type TreeNode } from './tree.js';

const PIPELINE_KINDS = ['receivers', 'processors', 'exporters'] as const;

const SINGULAR: Readonly<Record<ComponentKind, string>> = {
  receivers: 'receiver',
  processors: 'processor',
  exporters: 'exporter',
  extensions: 'extension',
};

/** A place where the id of a component is written. */
interface Reference {
  readonly kind: ComponentKind;
  readonly id: string;
  /** The list it is in. */
  readonly path: Path;
  /** The item. */
  readonly at: Path;
}

export type IsUsed = (component: { kind: ComponentKind; id: string }) => boolean;

/** Checks how pipelines are put together. */
export function checkPipelines(root: TreeNode): Finding[] {
  const pipelines = entriesAt(root, PIPELINES);
  const findings = [...pipelines].flatMap(([id, entry]) => checkPipeline(id, entry));
  const references = referencesIn(root);
  return [
    ...(hasNone(root) ? [{ path: PIPELINES, message: 'must have at least one pipeline, as metrics' }] : []),
    ...findings,
    ...references.flatMap((reference) => checkReference(root, reference)),
    ...checkRepeated(references),
  ];
}

/** Tells whether a pipeline, or the list of extensions, refers to a component. */
export function usage(root: TreeNode): IsUsed {
  const used = new Set(referencesIn(root).map(({ kind, id }) => JSON.stringify([kind, id])));
  return ({ kind, id }) => used.has(JSON.stringify([kind, id]));
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

function checkPipeline(id: string, entry: Entry): Finding[] {
  const path = [...PIPELINES, id];
  const identifier = parseIdentifier(id);
  if (identifier === undefined) return [{ path, ofKey: true, message: NOT_AN_IDENTIFIER }];
  if (signalOf(id) === undefined) {
    return [{ path, ofKey: true, message: unknownSignal(identifier.type, id) }];
  }
  if (entry.node.kind !== 'map' && !isNull(entry.node)) return [];
  return (['receivers', 'exporters'] as const)
    .filter((kind) => {
      const list = find(entry.node, [kind]);
      return list === undefined || isNull(list) || (list.kind === 'list' && list.items.length === 0);
    })
    .map((kind) => ({ path: [...path, kind], message: `must have at least one ${SINGULAR[kind]}` }));
}

function unknownSignal(signal: string, id: string): string {
  return `unknown signal: ${quote(signal)} for id: ${quote(id)} (valid values: [${SIGNALS.join(', ')}])`;
}

function referencesIn(root: TreeNode): Reference[] {
  const lists = [...entriesAt(root, PIPELINES).keys()].flatMap((id) =>
    PIPELINE_KINDS.map((kind) => ({ kind, path: [...PIPELINES, id, kind] })),
  );
  const listed = [...lists, { kind: 'extensions' as const, path: ['service', 'extensions'] }].flatMap(
    ({ kind, path }) => idsAt(root, path).map(({ id, index }) => ({ kind, id, path, at: [...path, index] })),
  );
  const ofSockets = socketCaptures(root).map(({ id, path }) => ({
    kind: 'processors' as const,
    id,
    path,
    at: path,
  }));
  return [...listed, ...ofSockets];
}

function checkReference(root: TreeNode, { kind, id, path, at }: Reference): Finding[] {
  const configured = [...entriesAt(root, [kind]).keys()];
  if (configured.includes(id)) return [];
  const words = `references ${SINGULAR[kind]} ${quote(id)} which is not configured`;
  return [{ path, at, message: `${words}${didYouMean(id, configured)}` }];
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
