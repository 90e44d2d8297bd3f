import { Document, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { printable } from '../values/printable.js';
import type { Effective, EffectiveList, EffectiveMap, EffectiveScalar } from './effective.js';

/** A configuration as YAML that is read as the same one, but for what is hidden; that has a comment. */
export function effectiveYaml(root: EffectiveMap, hasOrigins: boolean): string {
  return new Document(mapNode(root, hasOrigins)).toString({ lineWidth: 0 });
}

type YamlNode = Scalar | YAMLMap | YAMLSeq;

function nodeOf(value: Effective, hasOrigins: boolean): YamlNode {
  if (value.kind === 'scalar') return scalarNode(value, hasOrigins);
  const node = value.kind === 'map' ? mapNode(value, hasOrigins) : listNode(value, hasOrigins);
  if (node.items.length > 0) return node;
  node.flow = true;
  if (hasOrigins) node.comment = commentOf([value.source]);
  return node;
}

function mapNode({ entries }: EffectiveMap, hasOrigins: boolean): YAMLMap {
  const map = new YAMLMap();
  for (const [key, value] of entries) map.items.push(new Pair(new Scalar(key), nodeOf(value, hasOrigins)));
  return map;
}

function listNode({ items }: EffectiveList, hasOrigins: boolean): YAMLSeq {
  const list = new YAMLSeq<YamlNode>();
  for (const item of items) list.items.push(nodeOf(item, hasOrigins));
  return list;
}

function scalarNode({ value, isHidden, source }: EffectiveScalar, hasOrigins: boolean): Scalar {
  // A dollar sign in a value is a plain one, not the start of a substitution.
  const node = new Scalar(typeof value === 'string' ? value.replaceAll('$', '$$$$') : value);
  // A block has no room for a comment behind it.
  if (typeof value === 'string' && /[\r\n]/.test(value)) node.type = Scalar.QUOTE_DOUBLE;
  const words = [...(isHidden ? ['hidden'] : []), ...(hasOrigins ? [source] : [])];
  if (words.length > 0) node.comment = commentOf(words);
  return node;
}

function commentOf(words: readonly string[]): string {
  return ` ${printable(words.join(', '))}`;
}
