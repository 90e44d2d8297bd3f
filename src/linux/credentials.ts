import { SO_PEERCRED, SO_PEERGROUPS, SOL_SOCKET } from './constants.js';
import { EINVAL } from './errno.js';
import * as libc from './libc.js';
import { NativeMemory } from './memory.js';

/**
 * Limit on supplementary groups. The kernel allows 65,536 (NGROUPS_MAX) but sorts them each time they are set, which
 * takes 17 ms for that many and 0.25 ms for 1024. Active Directory allows a user 1,015.
 */
export const MAX_GROUPS = 1024;

/** struct ucred, unix(7): pid, uid, gid. */
const UCRED_WORDS = 3;

/** (uid_t) -1: returned by SO_PEERCRED for a socket without a peer, instead of an error. */
const NO_UID = -1;

// Shared by all instances on this thread: no call overlaps another.
const ucred = new Int32Array(UCRED_WORDS);
const length = new Int32Array(1);
const ids = new NativeMemory(3 * Int32Array.BYTES_PER_ELEMENT);
const [REAL, EFFECTIVE, SAVED] = [0, 1, 2];

/** User, group and supplementary groups that a process acts with. Refilled without allocation. */
export class Credentials {
  /** Pid of a peer; 0 if the peer is not visible in our pid namespace. */
  pid = 0;
  uid = 0;
  gid = 0;
  groupCount = 0;
  /** In ascending order, as the kernel keeps them. */
  readonly groups: Uint32Array;
  readonly groupsAddress: number;

  constructor() {
    const memory = new NativeMemory(MAX_GROUPS * Uint32Array.BYTES_PER_ELEMENT);
    this.groups = new Uint32Array(memory.buffer);
    this.groupsAddress = memory.address;
  }

  /**
   * Reads the credentials that the peer of a connected socket had when it connected (unix(7)). Ids that our user
   * namespace does not map are returned as the overflow id. 0 or a negated errno: -ERANGE with more than MAX_GROUPS
   * groups, -ENOPROTOOPT before Linux 4.13.
   */
  readPeer(fd: number): number {
    length[0] = ucred.byteLength;
    const result = libc.result(libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ucred, length));
    if (result < 0) return result;
    if (ucred[1] === NO_UID) return -EINVAL;
    this.pid = ucred[0];
    this.uid = ucred[1] >>> 0;
    this.gid = ucred[2] >>> 0;
    return this.#readPeerGroups(fd);
  }

  /** Takes on what is known of somebody from elsewhere. More groups than MAX_GROUPS are left out. */
  set(pid: number, uid: number, gid: number, groups: readonly number[]): void {
    this.pid = pid;
    this.uid = uid;
    this.gid = gid;
    this.groupCount = Math.min(groups.length, MAX_GROUPS);
    for (let i = 0; i < this.groupCount; i++) this.groups[i] = groups[i];
  }

  /** Reads the calling thread's credentials. 0 or a negated errno: -EINVAL with more than MAX_GROUPS groups. */
  readThread(): number {
    this.uid = effective(libc.getresuid);
    this.gid = effective(libc.getresgid);
    const count = libc.result(libc.getgroups(MAX_GROUPS, this.groupsAddress));
    this.groupCount = Math.max(0, count);
    return Math.min(0, count);
  }

  equals(other: Credentials): boolean {
    return this.uid === other.uid && this.gid === other.gid && this.hasGroupsOf(other);
  }

  hasGroupsOf(other: Credentials): boolean {
    if (this.groupCount !== other.groupCount) return false;
    for (let i = 0; i < this.groupCount; i++) {
      if (this.groups[i] !== other.groups[i]) return false;
    }
    return true;
  }

  #readPeerGroups(fd: number): number {
    length[0] = this.groups.byteLength;
    const result = libc.result(libc.getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, this.groups, length));
    this.groupCount = result < 0 ? 0 : length[0] / Uint32Array.BYTES_PER_ELEMENT;
    return result;
  }
}

type ReadIds = (real: number, effective: number, saved: number) => number;

function effective(read: ReadIds): number {
  readIds(read);
  return ids.words[EFFECTIVE] >>> 0;
}

/**
 * Whether the calling thread can regain its effective user and group without a capability: they are its real or saved
 * ones.
 */
export function canReturn(): boolean {
  return [libc.getresuid, libc.getresgid].every((read) => {
    readIds(read);
    const { words } = ids;
    return words[EFFECTIVE] === words[REAL] || words[EFFECTIVE] === words[SAVED];
  });
}

function readIds(read: ReadIds): void {
  const { address } = ids;
  read(address + REAL * 4, address + EFFECTIVE * 4, address + SAVED * 4);
}
