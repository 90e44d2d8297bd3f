import type { Path } from '../values/finding.js';
import { SIGNALS, type Signal } from '../values/signal.js';
import type { ComponentKind } from './components.js';
import { parseIdentifier } from './identifiers.js';
import { entriesAt, find, type TreeNode } from './tree.js';

export const PIPELINES: Path = ['service', 'pipelines'];

/** A place where the id of a component is written. */
export interface Reference {
  readonly kind: ComponentKind;
  readonly id: string;
  /** undefined when the id is malformed. */
  readonly type: string | undefined;
  readonly at: Path;
  /** The list it is in; of a socket's own processor, its place. */
  readonly path: Path;
}

/** A pipeline as it was written. */
export interface WrittenPipeline {
  readonly id: string;
  /** undefined when the id names none. */
  readonly signal: Signal | undefined;
  readonly path: Path;
  readonly node: TreeNode;
  readonly receivers: readonly Reference[];
  readonly processors: readonly Reference[];
  readonly exporters: readonly Reference[];
}

export function writtenPipelines(root: TreeNode): WrittenPipeline[] {
  return [...entriesAt(root, PIPELINES)].map(([id, { node }]) => {
    const path = [...PIPELINES, id];
    const list = (kind: ComponentKind) => listAt(root, path, kind);
    const lists = {
      receivers: list('receivers'),
      processors: list('processors'),
      exporters: list('exporters'),
    };
    return { id, signal: signalOf(id), path, node, ...lists };
  });
}

/** The signal of a pipeline's id; undefined when it names none. */
export function signalOf(id: string): Signal | undefined {
  const type = parseIdentifier(id)?.type;
  return SIGNALS.find((signal) => signal === type);
}

/** Signals of the pipelines that an exporter is in. */
export function signalsOf(pipelines: readonly WrittenPipeline[], exporterId: string): Signal[] {
  const exporting = pipelines.filter(({ exporters }) => exporters.some(({ id }) => id === exporterId));
  return SIGNALS.filter((signal) => exporting.some((pipeline) => pipeline.signal === signal));
}

/** All references of pipelines, of the list of extensions, and of sockets. */
export function referencesIn(root: TreeNode, pipelines: readonly WrittenPipeline[]): Reference[] {
  return [
    ...pipelines.flatMap(({ receivers, processors, exporters }) => [
      ...receivers,
      ...processors,
      ...exporters,
    ]),
    ...listAt(root, ['service'], 'extensions'),
    ...socketCaptures(root),
  ];
}

/** References of sockets that name a capture processor of their own. */
export function socketCaptures(root: TreeNode): Reference[] {
  return [...entriesAt(root, ['receivers']).keys()].flatMap((receiver) => {
    const path = ['receivers', receiver, 'sockets'];
    const sockets = find(root, path);
    if (sockets?.kind !== 'list') return [];
    return sockets.items.flatMap((socket, index) => {
      const at = [...path, index, 'capture'];
      return reference(find(socket, ['capture']), { kind: 'processors', path: at, at });
    });
  });
}

/** The references in a list; none where there is no list. */
function listAt(root: TreeNode, parent: Path, kind: ComponentKind): Reference[] {
  const path = [...parent, kind];
  const node = find(root, path);
  if (node?.kind !== 'list') return [];
  return node.items.flatMap((item, index) => reference(item, { kind, path, at: [...path, index] }));
}

function reference(node: TreeNode | undefined, place: Pick<Reference, 'kind' | 'path' | 'at'>): Reference[] {
  if (node?.kind !== 'scalar' || typeof node.value !== 'string') return [];
  return [{ ...place, id: node.value, type: parseIdentifier(node.value)?.type }];
}

export type IsUsed = (component: { kind: ComponentKind; id: string }) => boolean;

/** Tells whether any of the references is to a component. */
export function usage(references: readonly Reference[]): IsUsed {
  return (component) => references.some(({ kind, id }) => kind === component.kind && id === component.id);
}
