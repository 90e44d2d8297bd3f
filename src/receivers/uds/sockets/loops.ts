import { realSocketPath } from '../../../linux/real-socket-path.js';

/** What a loop is made of. */
export interface Hop {
  readonly listen: string;
  readonly upstream: string;
}

/** Hops by the real paths they listen on: there may be tens of thousands. */
export type Hops = Map<string, Hop>;

export function hopsOf(relayed: Iterable<Hop>): Hops {
  return new Map(Array.from(relayed, (hop) => [realSocketPath(hop.listen), hop]));
}

/**
 * Whether bytes that are relayed from `listen` to `upstream` would come back to `listen`, straight or by way of sockets
 * that are relayed already. One client would then take every connection there can be, and none would ever end.
 *
 * @param spell gives one spelling for each socket, the one that `relayed` has
 */
export function leadsBack(
  { listen, upstream }: Hop,
  relayed: ReadonlyMap<string, Hop>,
  spell: (path: string) => string = realSocketPath,
): boolean {
  const start = spell(listen);
  const seen = new Set<string>();
  for (let next: string | undefined = spell(upstream); next !== undefined; ) {
    if (next === start) return true;
    if (seen.has(next)) return false;
    seen.add(next);
    const hop = relayed.get(next);
    next = hop === undefined ? undefined : spell(hop.upstream);
  }
  return false;
}
