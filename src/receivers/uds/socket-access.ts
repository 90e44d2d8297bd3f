import { chmodSync, chownSync, statSync } from 'node:fs';
import { accountId } from './accounts.js';

/** Who may connect to a relay socket. connect(2) needs write permission on the socket file. */
export interface SocketAccess {
  /** Permission bits, or `inherit`: those of the upstream. */
  mode: number | 'inherit';
  /** A name, a numeric id, or `inherit`. */
  owner: string | number;
  group: string | number;
}

/** What a socket is open to while there is no upstream to inherit from: its owner alone. */
const MODE_UNTIL_KNOWN = 0o600;

const PERMISSION_BITS = 0o7777;
const LEAVE = -1;

/** What applying access came to. */
export interface AccessOutcome {
  /** The upstream is not there yet: apply again when it is. */
  pending: boolean;
  /** Why the socket could not be given the owner it should inherit. */
  warning?: string;
}

/**
 * Gives the socket file at `path` its owner, group and mode. An owner that is inherited but may not be
 * given away (we are not root) is a warning; one that was asked for by name is an error.
 *
 * @throws Error
 */
export function applyAccess(path: string, access: SocketAccess, upstream: string): AccessOutcome {
  const inherits = [access.mode, access.owner, access.group].includes('inherit');
  const source =
    inherits && !upstream.startsWith('@') ? statSync(upstream, { throwIfNoEntry: false }) : undefined;
  // The mode is set after the owner: chown(2) clears some of its bits.
  const mode = access.mode === 'inherit' ? (source?.mode ?? MODE_UNTIL_KNOWN) & PERMISSION_BITS : access.mode;
  const uid = access.owner === 'inherit' ? (source?.uid ?? LEAVE) : accountId('user', access.owner);
  const gid = access.group === 'inherit' ? (source?.gid ?? LEAVE) : accountId('group', access.group);
  const outcome: AccessOutcome = { pending: inherits && source === undefined && !upstream.startsWith('@') };
  try {
    chownSync(path, uid, gid);
  } catch (error) {
    if (access.owner !== 'inherit' || access.group !== 'inherit') throw error;
    giveGroup(path, gid);
    outcome.warning = `cannot give ${path} the owner ${uid}:${gid} of ${upstream}: ${(error as Error).message}`;
  }
  chmodSync(path, mode);
  return outcome;
}

/** Who may not give the file away may still give it to a group of his own, which often is what matters. */
function giveGroup(path: string, gid: number): void {
  try {
    chownSync(path, LEAVE, gid);
  } catch {
    // The warning about the owner says it all.
  }
}
