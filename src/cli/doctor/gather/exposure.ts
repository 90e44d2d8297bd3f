import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import type { SilentMounts } from '../../../linux/silent-mounts.js';
import type { ProcessFacts } from '../facts.js';

const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_ALL = 0o002;
/** In a sticky directory only its owner and the owner of an entry may remove or rename the entry. */
const STICKY = 0o1000;

type Owner = Pick<ProcessFacts, 'uid' | 'gid'>;

/**
 * Who beside root and the agent can replace what is in the directory of a socket, or a directory on the way, in words; undefined:
 * nobody, or it is not there.
 */
export function exposureAt(listen: string, agent: Owner, mounts: SilentMounts): string | undefined {
  if (listen.startsWith('@') || mounts.onTheWayTo(listen) !== undefined) return undefined;
  try {
    return wayTo(realpathSync.native(dirname(listen)))
      .map((path) => exposureOf(path, lstatSync(path), agent))
      .find((exposure) => exposure !== undefined);
  } catch {
    return undefined;
  }
}

/** The root, and every directory from there to a path. */
function wayTo(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...wayTo(parent), path];
}

function exposureOf(path: string, { uid, gid, mode }: Stats, agent: Owner): string | undefined {
  if (uid !== 0 && uid !== agent.uid) return `${path} belongs to user ${uid}`;
  if ((mode & STICKY) !== 0) return undefined;
  if ((mode & WRITABLE_BY_ALL) !== 0) return `${path} can be written to by everybody`;
  // Root's group has the users of many containers in it; an ordinary user's own has no other member as a rule.
  const isOwnGroup = agent.uid !== 0 && gid === agent.gid;
  return (mode & WRITABLE_BY_GROUP) === 0 || isOwnGroup
    ? undefined
    : `${path} can be written to by group ${gid}`;
}
