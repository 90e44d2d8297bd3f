import { type Stats, statSync } from 'node:fs';
import type { HeldFile } from './held-file.js';
import { accountId } from './passwd.js';

/** Who may connect to a relay socket. connect(2) needs write permission on the socket file. */
export interface SocketAccess {
  /** Permission bits, or `inherit`: those of the upstream. */
  mode: number | 'inherit';
  /** A name, a numeric id, or `inherit`. */
  owner: string | number;
  group: string | number;
}

/** The same with what is inherited, as the upstream is now. */
export interface CurrentAccess {
  readonly mode: number;
  /** undefined: that which the file has. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** Something is to be inherited and there is no upstream yet. */
  readonly isPending: boolean;
}

/** What a socket is open to while there is no upstream to inherit from: its owner alone. */
const MODE_UNTIL_KNOWN = 0o600;

const PERMISSION_BITS = 0o7777;
const LEAVE = -1;

/**
 * What a relay socket ought to have. Nothing is inherited from what is no socket: who may write to the directory of the
 * upstream could put a link there to a file that everybody may write to.
 *
 * @throws Error when there is no such account, or the upstream cannot be looked at
 */
export function currentAccess(access: SocketAccess, upstream: string): CurrentAccess {
  const inherits = [access.mode, access.owner, access.group].includes('inherit');
  const isAbstract = upstream.startsWith('@');
  const source = inherits && !isAbstract ? socketAt(upstream) : undefined;
  return {
    mode: access.mode === 'inherit' ? (source?.mode ?? MODE_UNTIL_KNOWN) & PERMISSION_BITS : access.mode,
    uid: access.owner === 'inherit' ? source?.uid : accountId('user', access.owner),
    gid: access.group === 'inherit' ? source?.gid : accountId('group', access.group),
    isPending: inherits && !isAbstract && source === undefined,
  };
}

/**
 * Gives a file its owner, group and mode. An owner that is inherited but may not be given away (we are not root) is no
 * error: the result says which, and why. One that was asked for by name is.
 *
 * @throws Error; the file is then as it was
 */
export function giveAccess(file: HeldFile, wanted: CurrentAccess, asked: SocketAccess): string | undefined {
  const stats = file.stat();
  const before = Number(stats.mode) & PERMISSION_BITS;
  const { mode, uid = Number(stats.uid), gid = Number(stats.gid) } = wanted;
  const isOwned = uid === Number(stats.uid) && gid === Number(stats.gid);
  // Whoever watches the file would be told of a change.
  if (isOwned && before === mode) return undefined;
  let refused: string | undefined;
  if (!isOwned) {
    // With the one owner and the other mode the file would be open to some who may connect neither before nor after.
    file.chmod(before & mode);
    try {
      file.chown(uid, gid);
    } catch (error) {
      if (asked.owner !== 'inherit' || asked.group !== 'inherit') {
        file.chmod(before);
        throw error;
      }
      giveGroup(file, gid);
      refused = `owner ${uid}:${gid}: ${(error as Error).message}`;
    }
  }
  // After the owner: chown(2) clears some of its bits.
  file.chmod(mode);
  return refused;
}

/** Who may not give the file away may still give it to a group of his own, which often is what matters. */
function giveGroup(file: HeldFile, gid: number): void {
  try {
    file.chown(LEAVE, gid);
  } catch {
    // What is said about the owner is enough.
  }
}

function socketAt(path: string): Stats | undefined {
  try {
    const stats = statSync(path);
    return stats.isSocket() ? stats : undefined;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
