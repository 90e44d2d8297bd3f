import { isDeepStrictEqual } from 'node:util';
import { formatPath } from '../values/mistakes.js';
import { COMPONENT_KINDS } from './components.js';
import type { Configuration } from './configuration.js';

/** A place where one configuration is not the other. */
export interface Change {
  /** As in the file; a socket stands by its name. */
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
}

/** How many keys a path has at most, without the name of a socket. What is further down may be names of headers. */
const MAX_KEYS = 3;
const MAX_KEYS_OF_SERVICE = 4;

/** What is different in `next`: paths without values, which may be secret. */
export function changesBetween(before: Configuration, next: Configuration): Change[] {
  return compare([], contentsOf(before), contentsOf(next));
}

function contentsOf(configuration: Configuration): Record<string, unknown> {
  const kinds = COMPONENT_KINDS.map((kind) => {
    const configured: ReadonlyMap<string, { readonly config: unknown }> = configuration[kind];
    const bodies = [...configured].map(([id, { config }]) => [id, config] as const);
    return [kind, Object.fromEntries(bodies)] as const;
  });
  return { ...Object.fromEntries(kinds), service: configuration.service };
}

function compare(path: readonly string[], before: unknown, next: unknown): Change[] {
  if (isDeepStrictEqual(before, next)) return [];
  const [former, later] = [keyed(before, path), keyed(next, path)];
  if (former === undefined || later === undefined) return [{ path: formatPath(path), change: 'changed' }];
  const keys = [...new Set([...former.keys(), ...later.keys()])];
  const changes = keys.flatMap((key): Change[] => {
    const inner = [...path, key];
    if (!former.has(key)) return [{ path: formatPath(inner), change: 'added' }];
    if (!later.has(key)) return [{ path: formatPath(inner), change: 'removed' }];
    return compare(inner, former.get(key), later.get(key));
  });
  // The same under the same names, in another order.
  return changes.length === 0 ? [{ path: formatPath(path), change: 'changed' }] : changes;
}

/** The values of a map by their keys, those of a list by their names; undefined where there is no such thing, or it is too far down. */
function keyed(value: unknown, path: readonly string[]): ReadonlyMap<string, unknown> | undefined {
  const maxKeys = path[0] === 'service' ? MAX_KEYS_OF_SERVICE : MAX_KEYS;
  if (typeof value !== 'object' || value === null || path.length > maxKeys) return undefined;
  if (!Array.isArray(value)) return path.length === maxKeys ? undefined : new Map(Object.entries(value));
  const named = value.map((item: unknown) => [nameOf(item), item] as const);
  const byName = new Map(
    named.flatMap(([name, item]) => (name === undefined ? [] : [[name, item] as const])),
  );
  return byName.size === value.length && byName.size > 0 ? byName : undefined;
}

function nameOf(item: unknown): string | undefined {
  const isNamed = typeof item === 'object' && item !== null && 'name' in item;
  return isNamed && typeof item.name === 'string' ? item.name : undefined;
}
