import { realSocketPath } from '../../../linux/real-socket-path.js';

/** What a loop is made of. */
export interface Hop {
  readonly listen: string;
  readonly upstream: string;
}

/**
 * Whether bytes that are relayed from `listen` to `upstream` would come back to `listen`, straight or by way of other
 * sockets. One client would then take every connection there can be, and none would ever end.
 *
 * @param hopsAt the hops that listen on a path
 * @param spell gives one spelling for each socket, the one that `hopsAt` takes
 */
export function leadsBack(
  { listen, upstream }: Hop,
  hopsAt: (path: string) => readonly Hop[],
  spell: (path: string) => string = realSocketPath,
): boolean {
  const start = spell(listen);
  const seen = new Set<string>();
  const next = [spell(upstream)];
  for (let path = next.pop(); path !== undefined; path = next.pop()) {
    if (path === start) return true;
    if (seen.has(path)) continue;
    seen.add(path);
    for (const hop of hopsAt(path)) next.push(spell(hop.upstream));
  }
  return false;
}
