import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { geteuid } from 'node:process';
import type { SilentMounts } from '../../../linux/silent-mounts.js';
import { attempt } from '../../../values/attempt.js';
import { wayTo } from './exposure.js';

/** Who answers at the control socket, by the kernel. */
export interface Answerer {
  /** As this process sees it; 0: it does not. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

type Owner = Omit<Answerer, 'pid'>;

const WRITABLE_BY_OTHERS = 0o022;
const READ = 4;
const SEARCH = 1;

/**
 * The path at which a file may be read that an agent names; undefined: it may not. Whoever answers as another user may be anybody, and
 * what is printed of a file may be secret: so it has to be a file that this user could read, at a place where only root can put
 * another one.
 */
export function namedFile(
  file: string,
  answerer: Owner | undefined,
  mounts: SilentMounts,
): string | undefined {
  if (answerer === undefined) return undefined;
  if (answerer.uid === 0 || answerer.uid === geteuid?.()) return file;
  if (mounts.onTheWayTo(file) !== undefined) return undefined;
  return attempt(() => {
    const path = realpathSync.native(file);
    const way = wayTo(dirname(path)).map((directory) => lstatSync(directory));
    const isFixed = way.every(({ uid, mode }) => uid === 0 && (mode & WRITABLE_BY_OTHERS) === 0);
    const canReach = way.every((stats) => may(answerer, stats, SEARCH));
    return isFixed && canReach && may(answerer, lstatSync(path), READ) ? path : undefined;
  });
}

/** By the mode alone. */
function may(answerer: Owner, { uid, gid, mode }: Stats, right: number): boolean {
  const shift = uid === answerer.uid ? 6 : gid === answerer.gid ? 3 : 0;
  return ((mode >> shift) & right) !== 0;
}
