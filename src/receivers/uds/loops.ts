import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** What a loop is made of. */
export interface Hop {
  readonly listen: string;
  readonly upstream: string;
}

/** By the hop that it was found for: there may be tens of thousands, which do not move. */
const listeners = new WeakMap<Hop, string>();

/**
 * Whether bytes that are relayed from `listen` to `upstream` would come back to `listen`, straight or by way of sockets
 * that are relayed already. One client would then take every connection there can be, and none would ever end.
 */
export function leadsBack({ listen, upstream }: Hop, relayed: Iterable<Hop>): boolean {
  const hops = [...relayed];
  const start = realSocketPath(listen);
  const seen = new Set<string>();
  for (let next: string | undefined = realSocketPath(upstream); next !== undefined; ) {
    if (next === start) return true;
    if (seen.has(next)) return false;
    seen.add(next);
    const hop = hops.find((each) => listenerOf(each) === next);
    next = hop === undefined ? undefined : realSocketPath(hop.upstream);
  }
  return false;
}

/** One spelling for each socket, there or not: no symbolic links, as far as its path exists. */
export function realSocketPath(path: string): string {
  if (path.startsWith('@')) return path;
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realSocketPath(parent), basename(path));
  }
}

function listenerOf(hop: Hop): string {
  let path = listeners.get(hop);
  if (path === undefined) {
    path = realSocketPath(hop.listen);
    listeners.set(hop, path);
  }
  return path;
}
