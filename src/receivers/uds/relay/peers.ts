import { EACCES, ENOENT, EPERM, ESRCH } from '../../../linux/errno.js';
import { existsByPid, existsByPidfd, ProcReader } from '../../../linux/proc.js';
import { close, type PeerCredentials, peerCredentials, peerPidfd } from '../../../linux/socket.js';
import { containerOfCgroup } from '../identity/cgroup.js';
import type { Evidence, UnattributedReason } from '../identity/evidence.js';
import { looksLikeGofer } from '../identity/gofer.js';

/** Peers that are known at a time. Host processes come and go under ever new cgroups. */
const MAX_PEERS = 65_536;

/** What one process is known by: all processes of a container, or all of one program on the host. */
export interface Peer {
  /** Tells it from all others this thread has ever seen; 1 and up. */
  readonly number: number;
  readonly key: string;
  readonly evidence: Evidence;
  /** Lanes that count for it. */
  users: number;
}

/** Nothing can be done with what is read of a process: it may not be who was asked for. */
const NO_PIDFD = -1;

/**
 * Finds out who is at the other end of a socket, while that process is there to be looked at.
 *
 * The pid is that of the process that connected. Between that moment and ours it may have ended, and its number
 * have passed to another. So everything is read first, and then the peer's pidfd, which cannot pass to anyone, is
 * asked whether the process still is: if so, what was read was read of that process.
 *
 * The cgroup says which container it is: a process cannot choose it. What comes from one cgroup that names a
 * container is one peer, by the text of /proc/PID/cgroup alone; only where that names none, or the process may be
 * a gVisor gofer that works for a container of another name, more is read.
 */
export class Peers {
  readonly #proc: ProcReader;
  readonly #byKey = new Map<string, Peer>();
  #nextNumber = 1;

  /** `procRoot`: where proc(5) is mounted. */
  constructor(procRoot?: string) {
    this.#proc = new ProcReader(procRoot);
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Who is at the other end of a connected socket, or why nobody knows. */
  identify(fd: number): Peer | UnattributedReason {
    const credentials = peerCredentials(fd);
    if (credentials === undefined) return 'unreadable';
    // The kernel translates the pid into our namespace, where the process may have none.
    if (credentials.pid <= 0) return 'other_namespace';
    const pidfd = peerPidfd(fd);
    if (pidfd === -ESRCH) return 'gone';
    try {
      return this.#look(credentials, pidfd < 0 ? NO_PIDFD : pidfd);
    } finally {
      if (pidfd >= 0) close(pidfd);
    }
  }

  /** Nobody counts for it any more: whoever comes next under that key is somebody new. */
  forget(peer: Peer): void {
    if (this.#byKey.get(peer.key) === peer) this.#byKey.delete(peer.key);
  }

  #look(credentials: PeerCredentials, pidfd: number): Peer | UnattributedReason {
    const { pid } = credentials;
    const bytes = this.#proc.read(pid, 'cgroup');
    if (bytes < 0) return this.#whyNot(bytes, pid, pidfd);
    const cgroup = this.#proc.latin1(bytes);
    const known = this.#byKey.get(cgroup);
    if (known !== undefined) return exists(pid, pidfd) ? known : 'gone';
    const found = this.#lookCloser(credentials, this.#proc.utf8(bytes), cgroup);
    if (typeof found === 'number') return this.#whyNot(found, pid, pidfd);
    return exists(pid, pidfd) ? this.#peerOf(found) : 'gone';
  }

  /** What a process of that cgroup is known by; a negated errno when that cannot be read. */
  #lookCloser(
    { pid, uid }: PeerCredentials,
    cgroup: string,
    cgroupKey: string,
  ): { key: string; evidence: Evidence } | number {
    const isContainer = containerOfCgroup(cgroup) !== undefined;
    const executable = this.#executable(pid);
    if (typeof executable === 'number') {
      if (!isContainer) return executable;
      return { key: cgroupKey, evidence: { pid, uid, cgroup } };
    }
    if (!looksLikeGofer(executable)) {
      const key = isContainer ? cgroupKey : `${cgroupKey}\0${executable}`;
      return { key, evidence: { pid, uid, cgroup, executable } };
    }
    const bytes = this.#proc.read(pid, 'cmdline');
    const line = this.#proc.utf8(Math.max(0, bytes));
    const linkBytes = this.#proc.readLink(pid, 'cwd');
    const workingDirectory = linkBytes < 0 ? undefined : this.#proc.utf8(linkBytes);
    return {
      key: `${cgroupKey}\0${executable}\0${line}\0${workingDirectory}`,
      evidence: { pid, uid, cgroup, executable, arguments: line.split('\0').slice(0, -1), workingDirectory },
    };
  }

  /** Its program; its own name for itself where only that may be read. */
  #executable(pid: number): string | number {
    const bytes = this.#proc.readLink(pid, 'exe');
    if (bytes >= 0) return this.#proc.utf8(bytes);
    // A process that has ended has none any more, while its cgroup is still told: as the root, in version 1.
    if (bytes !== -EACCES && bytes !== -EPERM) return bytes;
    const nameBytes = this.#proc.read(pid, 'comm');
    return nameBytes < 0 ? nameBytes : this.#proc.utf8(nameBytes).trimEnd();
  }

  #peerOf({ key, evidence }: { key: string; evidence: Evidence }): Peer | UnattributedReason {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    if (this.#byKey.size >= MAX_PEERS) return 'no_room';
    const peer = { number: this.#nextNumber++, key, evidence, users: 0 };
    this.#byKey.set(key, peer);
    return peer;
  }

  #whyNot(error: number, pid: number, pidfd: number): UnattributedReason {
    if (error !== -ENOENT && error !== -ESRCH) return 'unreadable';
    return exists(pid, pidfd) && this.#proc.read(pid, 'stat') < 0 ? 'hidden' : 'gone';
  }
}

function exists(pid: number, pidfd: number): boolean {
  return pidfd === NO_PIDFD ? existsByPid(pid) : existsByPidfd(pidfd);
}
