import type { Path } from '../values/finding.js';

/*
 * A configuration as it was written: YAML's values, with the file and line of every key and value, which messages
 * need after merging and substitution.
 */

export interface Origin {
  readonly file: string;
  readonly line: number | undefined;
}

export type Scalar = string | number | boolean | null;

interface Written {
  readonly origin: Origin;
  /** The value as plain text, where a substitution put it and YAML's rules gave it a type. */
  readonly text?: string;
  /** The value is that of a file, or has one in it: it may be a secret. */
  readonly isHidden?: boolean;
  /** Environment variables that it was made of. */
  readonly variables?: readonly string[];
  /** Those that are not set, in whose place a default stands. */
  readonly defaulted?: readonly string[];
}

export interface ScalarNode extends Written {
  readonly kind: 'scalar';
  readonly value: Scalar;
  /** Written in quotes or as a block: a string, even if it looks like a number. */
  readonly quoted: boolean;
}

export interface ListNode extends Written {
  readonly kind: 'list';
  readonly items: readonly TreeNode[];
}

export interface MapNode extends Written {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  /** Where the key is. */
  readonly origin: Origin;
  readonly node: TreeNode;
}

export type TreeNode = ScalarNode | ListNode | MapNode;

export function scalar(value: Scalar, origin: Origin): ScalarNode {
  return { kind: 'scalar', value, quoted: false, origin };
}

/**
 * The tree as plain data. A key without a value is left out, as if it had not been written: like the Collector, we
 * keep the default there.
 */
export function plain(node: TreeNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(plain);
  const written = [...node.entries].filter(([, entry]) => !isNull(entry.node));
  return Object.fromEntries(written.map(([key, entry]) => [key, plain(entry.node)]));
}

export function isNull(node: TreeNode): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** One step down: the entry of a map, or the item of a list. */
function child(node: TreeNode, segment: string | number): TreeNode | undefined {
  if (node.kind === 'map') return node.entries.get(String(segment))?.node;
  return node.kind === 'list' ? node.items[Number(segment)] : undefined;
}

/** What is at a path, if it was written. */
export function find(root: TreeNode, path: Path): TreeNode | undefined {
  let node: TreeNode | undefined = root;
  for (const segment of path) node = node === undefined ? undefined : child(node, segment);
  return node;
}

/** Where a path is in the files; for one that was not written, the map around it. */
export function locate(root: TreeNode, path: Path, ofKey = false): Origin {
  const last = path.at(-1);
  if (last === undefined) return root.origin;
  const parent = find(root, path.slice(0, -1));
  if (ofKey && parent?.kind === 'map') {
    const entry = parent.entries.get(String(last));
    if (entry !== undefined) return entry.origin;
  }
  return find(root, path)?.origin ?? locate(root, path.slice(0, -1));
}

/** The entries of a map at a path; none when there is no map. */
export function entriesAt(root: TreeNode, path: Path): ReadonlyMap<string, Entry> {
  const node = find(root, path);
  return node?.kind === 'map' ? node.entries : new Map();
}

/** The tree with every scalar replaced by what `change` returns for it. */
export function mapScalars(
  node: TreeNode,
  change: (scalar: ScalarNode, path: Path) => TreeNode,
  path: Path = [],
): TreeNode {
  if (node.kind === 'scalar') return change(node, path);
  if (node.kind === 'list') {
    return { ...node, items: node.items.map((item, index) => mapScalars(item, change, [...path, index])) };
  }
  const entries = [...node.entries].map(([key, entry]): [string, Entry] => [
    key,
    { ...entry, node: mapScalars(entry.node, change, [...path, key]) },
  ]);
  return { ...node, entries: new Map(entries) };
}

/** Later over earlier, as the Collector merges files: maps key by key, anything else as a whole. */
export function merge(earlier: TreeNode, later: TreeNode): TreeNode {
  if (earlier.kind !== 'map' || later.kind !== 'map') return later;
  const entries = new Map(earlier.entries);
  for (const [key, entry] of later.entries) {
    const known = entries.get(key);
    entries.set(key, known === undefined ? entry : { ...entry, node: merge(known.node, entry.node) });
  }
  return { ...earlier, entries };
}
