import { type Stats, statSync } from 'node:fs';
import { isAbsence } from './errno.js';
import type { HeldFile } from './held-file.js';
import { accountId } from './passwd.js';

/** Configured access to a relay socket. connect(2) needs write permission on the socket file. */
export interface SocketAccess {
  /** Permission bits, or `inherit` to copy those of the upstream. */
  mode: number | 'inherit';
  /** A name, a numeric id, or `inherit`. */
  owner: string | number;
  group: string | number;
}

/** Access with inherited values filled in from the upstream's current state. */
export interface CurrentAccess {
  readonly mode: number;
  /** undefined leaves the file's own. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** Whether a value is to be inherited but there is no upstream yet. */
  readonly isPending: boolean;
}

/** Access that a file has. */
export interface ActualAccess {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Mode while there is no upstream to inherit from: only the owner may connect. */
const MODE_UNTIL_KNOWN = 0o600;

const PERMISSION_BITS = 0o7777;
const LEAVE = -1;

/**
 * The access that a relay socket should have now. Nothing is inherited from a file that is not a socket: a user who can
 * write to the upstream's directory could put a link to a world-writable file there.
 *
 * @throws Error if an account does not exist or the upstream cannot be accessed
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
 * Sets the owner, group and mode of a file. If an inherited owner cannot be set because we are not root, this is not an
 * error, and the result says which owner and why. If an explicitly configured owner cannot be set, this throws.
 *
 * @throws Error, with the file unchanged
 */
export function giveAccess(file: HeldFile, wanted: CurrentAccess, asked: SocketAccess): string | undefined {
  const stats = file.stat();
  const before = Number(stats.mode) & PERMISSION_BITS;
  const { mode, uid = Number(stats.uid), gid = Number(stats.gid) } = wanted;
  const isOwned = uid === Number(stats.uid) && gid === Number(stats.gid);
  // A change would also notify programs that watch the file.
  if (isOwned && before === mode) return undefined;
  let refused: string | undefined;
  if (!isOwned) {
    // The new owner with the old mode, or the reverse, could admit users who may connect neither before nor after.
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
  // After the owner, because chown(2) clears some mode bits.
  file.chmod(mode);
  return refused;
}

export function actualAccess(file: HeldFile): ActualAccess {
  const { mode, uid, gid } = file.stat();
  return { mode: Number(mode) & PERMISSION_BITS, uid: Number(uid), gid: Number(gid) };
}

/** Without CAP_CHOWN a process can still set a group it belongs to, which is often what matters. */
function giveGroup(file: HeldFile, gid: number): void {
  try {
    file.chown(LEAVE, gid);
  } catch {
    // The refused owner is reported, which is enough.
  }
}

function socketAt(path: string): Stats | undefined {
  try {
    const stats = statSync(path);
    return stats.isSocket() ? stats : undefined;
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}
