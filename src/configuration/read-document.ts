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

/** What the walk through a document needs everywhere. */
interface Reading {
  readonly document: Document;
  readonly originOf: (offset: number) => Origin;
  readonly problems: Problem[];
  /** Anchored nodes that are being read, to stop at an alias of what it stands in. */
  readonly open: Set<Node>;
}

/** A node whose place is known: its own, or that of the key whose value was not written. */
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
  // What an alias stands for keeps its own line: that is where to mend it.
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
  // YAML 1.1, which a %YAML directive may ask for, has dates and others: they are text to us.
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
  // What a map says itself goes before what it takes over with `<<`.
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
