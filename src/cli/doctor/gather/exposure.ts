import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import type { SilentMounts } from '../../../linux/silent-mounts.js';
import type { ProcessFacts, SocketFacts } from '../facts.js';

const WRITABLE_BY_GROUP = 0o020;
const WRITABLE_BY_ALL = 0o002;
/** In a sticky directory only its owner and the owner of an entry may remove or rename the entry. */
const STICKY = 0o1000;

type Owner = Pick<ProcessFacts, 'uid' | 'gid'>;

export type Exposure = Pick<SocketFacts, 'exposure' | 'unseen'>;

export const NOT_EXPOSED: Exposure = { exposure: undefined, unseen: undefined };

/**
 * Who beside root and the agent can replace what is in the directory of a socket, or a directory on the way. Of one that is not there
 * yet, those on the way tell.
 */
export function exposureAt(listen: string, agent: Owner, mounts: SilentMounts): Exposure {
  if (listen.startsWith('@')) return NOT_EXPOSED;
  if (mounts.onTheWayTo(listen) !== undefined)
    return { exposure: undefined, unseen: 'it is on a file system that does not answer' };
  return exposureOfDirectory(dirname(listen), agent);
}

function exposureOfDirectory(directory: string, agent: Owner): Exposure {
  try {
    const exposure = wayTo(realpathSync.native(directory))
      .map((path) => exposureOf(path, lstatSync(path), agent))
      .find((each) => each !== undefined);
    return { exposure, unseen: undefined };
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    const parent = dirname(directory);
    if (code === 'ENOENT' && parent !== directory) return exposureOfDirectory(parent, agent);
    return { exposure: undefined, unseen: `${directory} cannot be looked at: ${code}` };
  }
}

/** The root, and every directory from there to a path. */
export function wayTo(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...wayTo(parent), path];
}

/** Who beside root and the agent can change the entries of a directory, in words. */
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
