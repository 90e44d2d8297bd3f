import type { Path } from '../values/finding.js';
import { SIGNALS, type Signal } from '../values/signal.js';
import { parseIdentifier } from './identifiers.js';
import { entriesAt, find, type TreeNode } from './tree.js';

export const PIPELINES: Path = ['service', 'pipelines'];

/** The signal of a pipeline's id; undefined when it names none. */
export function signalOf(id: string): Signal | undefined {
  const type = parseIdentifier(id)?.type;
  return SIGNALS.find((signal) => signal === type);
}

/** An id in a list, and its place there. */
export interface ListedId {
  readonly id: string;
  readonly index: number;
}

/** The ids in the list at a path; none where there is no list. */
export function idsAt(root: TreeNode, path: Path): ListedId[] {
  const node = find(root, path);
  if (node?.kind !== 'list') return [];
  return node.items.flatMap((item, index) =>
    item.kind === 'scalar' && typeof item.value === 'string' ? [{ id: item.value, index }] : [],
  );
}

/** Signals of the pipelines that an exporter is in. */
export function signalsOf(root: TreeNode, exporterId: string): Signal[] {
  const pipelines = [...entriesAt(root, PIPELINES).keys()].filter((pipeline) =>
    idsAt(root, [...PIPELINES, pipeline, 'exporters']).some(({ id }) => id === exporterId),
  );
  return SIGNALS.filter((signal) => pipelines.some((pipeline) => signalOf(pipeline) === signal));
}
