import { SilentMounts } from '../linux/silent-mounts.js';
import { quote } from '../values/quote.js';
import type { Misplacement, Placed } from './places.js';

/** Those of these paths that cannot be looked at, because a file system on their way does not answer. */
export function silentPaths<At>(placed: readonly Placed<At>[]): Misplacement<At>[] {
  const mounts = new SilentMounts();
  return placed.flatMap(({ path, at }) => {
    const mount = mounts.onTheWayTo(path);
    if (mount === undefined) return [];
    const message = `is on a file system that does not answer (${mount.type} at ${quote(mount.point)}); give another path, or see to that mount`;
    return [{ path, at, message }];
  });
}
