import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import type { Path } from '../values/finding.js';
import { formatPath } from '../values/mistakes.js';
import type { Problem } from './errors.js';
import { type Entry, type MapNode, type Origin, scalar, type TreeNode } from './tree.js';

/** How deep a configuration may nest. Ours needs ten; this keeps recursion in bounds. */
const MAX_DEPTH = 100;

/** The state of a walk through a document. */
interface Reading {
  readonly document: Document;
  readonly originOf: (offset: number) => Origin;
  readonly problems: Problem[];
  /** Nodes being read, to detect an alias that stands for a node around it. */
  readonly open: Set<Node>;
}

/** Where a node is: its own place, or that of its key when the value was not written. */
interface Place {
  readonly path: Path;
  readonly origin: Origin;
}

/** Turns a document without syntax errors, whose aliases resolve, into a tree that knows its lines. */
export function readDocument(
  document: Document,
  originOf: (offset: number) => Origin,
): { root: TreeNode; problems: readonly Problem[] } {
  const reading: Reading = { document, originOf, problems: [], open: new Set() };
  const root = readNode(reading, document.contents, { path: [], origin: originOf(0) });
  return { root, problems: reading.problems };
}

function readNode(reading: Reading, node: Node | null, place: Place): TreeNode {
  if (node === null) return scalar(null, place.origin);
  // The node behind an alias keeps its own line, which is the one to mend.
  if (isAlias(node)) return readNode(reading, node.resolve(reading.document) ?? null, place);
  const here: Place = { path: place.path, origin: lineOf(reading, node, place) };
  if (isScalar(node)) return readScalar(node, here.origin);
  if (here.path.length > MAX_DEPTH) return refuse(reading, here, 'nests too deeply');
  if (reading.open.has(node)) return refuse(reading, place, 'is an alias of something that it is a part of');
  reading.open.add(node);
  const read = isMap(node) ? readMap(reading, node, here) : readList(reading, node, here);
  reading.open.delete(node);
  return read;
}

function lineOf(reading: Reading, node: Node, place: Place): Origin {
  return node.range ? reading.originOf(node.range[0]) : place.origin;
}

function refuse({ problems }: Reading, { path, origin }: Place, message: string): TreeNode {
  problems.push({ ...origin, path: formatPath(path), message });
  return scalar(null, origin);
}

function readScalar(node: Scalar, origin: Origin): TreeNode {
  const { value } = node;
  const quoted = node.type !== undefined && node.type !== 'PLAIN';
  const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  // YAML 1.1, which a %YAML directive may select, has dates and other types. They are text to us.
  return { kind: 'scalar', value: known || value === null ? value : (node.source ?? ''), quoted, origin };
}

function readList(reading: Reading, node: Node, { path, origin }: Place): TreeNode {
  const items = isSeq<Node | null>(node) ? node.items : [];
  return {
    kind: 'list',
    origin,
    items: items.map((item, index) => readNode(reading, item, { path: [...path, index], origin })),
  };
}

function readMap(reading: Reading, node: YAMLMap, place: Place): MapNode {
  const written = new Map<string, Entry>();
  const merged = new Map<string, Entry>();
  for (const pair of node.items as Pair<Scalar, Node | null>[]) {
    const key = keyOf(pair.key);
    const keyPlace: Place = { path: [...place.path, key], origin: lineOf(reading, pair.key, place) };
    const entry: Entry = { origin: keyPlace.origin, node: readNode(reading, pair.value, keyPlace) };
    const earlier = written.get(key);
    if (key === '<<' && pair.key.type === 'PLAIN') {
      addMerged(reading, merged, entry.node, keyPlace);
    } else if (earlier !== undefined) {
      refuse(reading, keyPlace, `is given twice; the other is on line ${earlier.origin.line ?? '?'}`);
    } else {
      written.set(key, entry);
    }
  }
  // A map's own keys override those it merges with `<<`.
  return { kind: 'map', origin: place.origin, entries: new Map([...merged, ...written]) };
}

/** Keys are what was typed: `1` and `on` are names here, whatever YAML makes of them as values. */
function keyOf(key: Scalar): string {
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

/** `<<: *base` and `<<: [*base, *other]`, where the first that has a key wins. */
function addMerged(reading: Reading, merged: Map<string, Entry>, node: TreeNode, place: Place): void {
  const sources = node.kind === 'list' ? node.items : [node];
  for (const source of sources) {
    if (source.kind !== 'map') {
      refuse(reading, place, 'takes a map, or a list of maps');
      continue;
    }
    for (const [key, entry] of source.entries) if (!merged.has(key)) merged.set(key, entry);
  }
}
