import { containerOfCgroup } from '../../../identity/cgroup.js';
import { clientOf } from '../../../identity/client-key.js';
import { looksLikeGofer } from '../../../identity/gofer.js';
import { rootPlace } from '../../../identity/mountinfo.js';
import type { ProcessSnapshot, UnattributedReason } from '../../../identity/process-snapshot.js';
import { CgroupLookup } from '../../../linux/cgroup.js';
import { EACCES, EINVAL, ENOENT, EPERM, ESRCH } from '../../../linux/errno.js';
import { NO_NUMBER } from '../../../linux/pidfd-number.js';
import { existsByPid, existsByPidfd, ProcReader } from '../../../linux/proc.js';
import { close, type PeerCredentials, peerCredentials, peerPidfd } from '../../../linux/socket.js';
import type { RecentProcesses } from './recent-processes.js';
import { isWithinShare } from './shares.js';

/** Remotes that are known at a time. Host processes come and go under ever new cgroups. */
const MAX_REMOTES = 65_536;

/**
 * The same of one client. A host may have this many gofers; a client that runs ever new programs, or the same one with
 * ever new arguments, takes no more than this from the others.
 */
const MAX_REMOTES_OF_CLIENT = 4096;

/** Gofers of one container: those of a pod share its cgroup. Further ones count as the container itself. */
const MAX_GOFERS_OF_CONTAINER = 256;

/** Arguments of a gofer that are read: two paths, some flags, an id. */
const ARGUMENT_BYTES = 16 * 1024;

/** The process at the other end of a socket, or all that count as the same: of a container, or of a program in a mount namespace. */
export interface Remote {
  /** Tells it from all others this thread has ever seen; 1 and up. */
  readonly number: number;
  readonly key: string;
  readonly snapshot: ProcessSnapshot;
  /** Flows that count for it. */
  users: number;
  /** Id of its cgroup of version 2, where the kernel tells and the cgroup is a container's. */
  readonly cgroupId: number | undefined;
  /** The client whose share it takes of all that is bounded: as of `clientOf`. */
  readonly clientKey: string;
}

/** What threads tell each other of one. */
export type ToldRemote = Pick<Remote, 'key' | 'snapshot' | 'cgroupId'>;

/** Names of systemd's units. Unless the unit is a container's, any of its programs may be meant. */
const UNIT = /\.(?:service|slice|scope|mount)$/;

/** The kernel has no pidfd for the process: what is read of its pid may be of another one. */
const NO_PIDFD = -1;

/**
 * Finds out which process is at the other end of a socket, while that process is there to be looked at.
 *
 * The kernel gives the pid of the process that connected. Since then that process may have ended, and its pid may have
 * passed to another. So everything is read first, and then the pidfd, which cannot pass to another process, tells
 * whether the process still exists: if so, what was read was read of that process. Where the kernel has a number for each process that no other
 * ever has, what was found out a moment ago is taken for one that comes again.
 *
 * The cgroup says which container it is: no process leaves the cgroup of its container from within. All processes in a
 * cgroup that names a container are one remote, by the text of /proc/PID/cgroup alone. Where the cgroup names none,
 * programs are told apart, and by their mount namespaces those of the host from those of containers. Gofers of gVisor,
 * which work for containers of other names, have a mount namespace each; what they say of themselves does not tell them
 * apart, since any process can say it.
 *
 * If the process has ended too soon, the kernel may still tell in which cgroup of version 2 it was.
 */
export class Remotes {
  readonly #proc: ProcReader;
  readonly #cgroups: CgroupLookup;
  readonly #recent: RecentProcesses<Remote> | undefined;
  readonly #byCgroupId = new Map<number, Remote>();
  readonly #byKey = new Map<string, Remote>();
  /** How many there are of each client. */
  readonly #ofClient = new Map<string, number>();
  /** Mount namespaces that exist as long as this process does: its own, and that of the host's first process. */
  readonly #lastingNamespaces: ReadonlySet<string | undefined>;
  #nextNumber = 1;
  /** Whether the process that was looked at last was there certainly: it was that one, and no later one with its pid. */
  wasThere = false;

  /** `procRoot`, `cgroupMount`: where proc(5) and cgroups of version 2 are mounted. `recent`: left out, every process is looked at. */
  constructor(procRoot?: string, cgroupMount?: string, recent?: RecentProcesses<Remote>) {
    this.#recent = recent;
    this.#proc = new ProcReader(procRoot);
    this.#cgroups = new CgroupLookup(cgroupMount);
    this.#lastingNamespaces = new Set([this.#mountNamespace('self'), this.#mountNamespace(1)]);
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** The descriptor that it keeps open; negative if there is none. */
  get fd(): number {
    return this.#cgroups.mountFd;
  }

  /** No socket is looked at any more. */
  close(): void {
    this.#cgroups.close();
  }

  /** The process at the other end of a connected socket, or why it is not known. */
  identify(fd: number): Remote | UnattributedReason {
    this.wasThere = false;
    const credentials = peerCredentials(fd);
    if (credentials === undefined) return 'unreadable';
    if (credentials.pid <= 0) return 'other_namespace';
    const pidfd = peerPidfd(fd);
    if (pidfd === -ESRCH || pidfd === -EINVAL) return 'gone';
    try {
      return this.identifyProcess(credentials, pidfd);
    } finally {
      if (pidfd >= 0) close(pidfd);
    }
  }

  /** The same of a process by what the kernel says of it. `pidfd`: of that process, the caller's; negative where there is none. */
  identifyProcess(credentials: PeerCredentials, pidfd: number): Remote | UnattributedReason {
    // The kernel translates the pid into our namespace, where the process may have none.
    if (credentials.pid <= 0) return 'other_namespace';
    const process = this.#recent?.numberOf(pidfd) ?? NO_NUMBER;
    const recent = this.#recent?.get(process, credentials.uid);
    if (recent !== undefined && this.#byKey.get(recent.key) === recent) {
      this.wasThere = existsByPidfd(pidfd);
      return recent;
    }
    const found = this.#look(credentials, pidfd < 0 ? NO_PIDFD : pidfd);
    this.wasThere = pidfd >= 0 && typeof found !== 'string';
    if (typeof found !== 'string') this.#recent?.keep(process, credentials.uid, found);
    return found === 'gone' && pidfd >= 0 ? this.#lookBack(credentials, pidfd) : found;
  }

  /** The same as another thread has found out, which knows nothing of those that are known here. */
  adopt({ key, snapshot, cgroupId }: ToldRemote): Remote | UnattributedReason {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const { pid, uid, cgroup, executable } = snapshot;
    const isGofer = key.includes('\0') && containerOfCgroup(cgroup) !== undefined;
    if (!isGofer || !this.#hasAllGofers(cgroup, uid)) return this.#add(key, snapshot, () => cgroupId);
    const cgroupKey = key.slice(0, key.indexOf('\0'));
    return (
      this.#byKey.get(cgroupKey) ?? this.#add(cgroupKey, { pid, uid, cgroup, executable }, () => undefined)
    );
  }

  /** Forgets one that no flow counts for: the next one under that key is new. */
  forget(remote: Remote): void {
    if (this.#byKey.get(remote.key) !== remote) return;
    this.#byKey.delete(remote.key);
    if (remote.cgroupId !== undefined && this.#byCgroupId.get(remote.cgroupId) === remote) {
      this.#byCgroupId.delete(remote.cgroupId);
    }
    const left = (this.#ofClient.get(remote.clientKey) ?? 1) - 1;
    if (left > 0) this.#ofClient.set(remote.clientKey, left);
    else this.#ofClient.delete(remote.clientKey);
  }

  #look(credentials: PeerCredentials, pidfd: number): Remote | UnattributedReason {
    const { pid } = credentials;
    const bytes = this.#proc.read(pid, 'cgroup');
    if (bytes < 0) return this.#whyNot(bytes, pid, pidfd);
    const cgroup = this.#proc.latin1(bytes);
    const known = this.#byKey.get(cgroup);
    if (known !== undefined) return exists(pid, pidfd) ? known : 'gone';
    const found = this.#lookCloser(credentials, this.#proc.utf8(bytes), cgroup);
    if (typeof found === 'number') return this.#whyNot(found, pid, pidfd);
    return exists(pid, pidfd) ? this.#remoteOf(found, pidfd) : 'gone';
  }

  /** Identifies a process that has ended, by its cgroup. That does not tell which program of the host it was. */
  #lookBack({ pid, uid }: PeerCredentials, pidfd: number): Remote | UnattributedReason {
    const id = this.#cgroups.idOf(pidfd);
    if (id === undefined) return 'gone';
    const known = this.#byCgroupId.get(id);
    if (known !== undefined) return known;
    const path = this.#cgroups.pathOf(id);
    if (path === undefined) return 'gone';
    // What /proc would have said where there is no other hierarchy.
    const cgroup = `0::${path}\n`;
    const isContainer = containerOfCgroup(cgroup) !== undefined;
    if (!isContainer && (path === '/' || UNIT.test(path))) return 'gone';
    // Where the cgroup names no container, living processes are told apart, and this one is none of them.
    const key = isContainer ? cgroup : `${cgroup}\0\0${uid}`;
    return this.#remoteOf({ key, snapshot: { pid, uid, cgroup } }, pidfd);
  }

  /** The key and the snapshot of a process in that cgroup; a negated errno when they cannot be read. */
  #lookCloser(
    { pid, uid }: PeerCredentials,
    cgroup: string,
    cgroupKey: string,
  ): { key: string; snapshot: ProcessSnapshot } | number {
    const isContainer = containerOfCgroup(cgroup) !== undefined;
    const executable = this.#executable(pid);
    if (typeof executable === 'number') {
      if (!isContainer) return executable;
      return { key: cgroupKey, snapshot: { pid, uid, cgroup } };
    }
    const process = { pid, uid, cgroup, executable };
    const mayBeGofer = looksLikeGofer(executable);
    if (isContainer && !mayBeGofer) return { key: cgroupKey, snapshot: process };
    const mountNamespace = this.#mountNamespace(pid);
    const words = mayBeGofer ? this.#words(pid) : undefined;
    const kind = isContainer ? 'gofer' : executable;
    const place = this.#uniquePlace(pid, mountNamespace) ?? words?.arguments.join('\0') ?? '';
    // Each user of the host has a share of its own.
    const key = `${cgroupKey}\0${kind}\0${place}\0${isContainer ? '' : uid}`;
    const isKnown = this.#byKey.has(key);
    if (isContainer && !isKnown && this.#hasAllGofers(cgroup, uid))
      return { key: cgroupKey, snapshot: process };
    const root = isContainer || isKnown ? undefined : this.#rootPlace(pid, mountNamespace);
    return { key, snapshot: { ...process, mountNamespace, rootPlace: root, ...words } };
  }

  #hasAllGofers(cgroup: string, uid: number): boolean {
    return (this.#ofClient.get(clientOf(cgroup, uid)) ?? 0) >= MAX_GOFERS_OF_CONTAINER;
  }

  #mountNamespace(pid: number | 'self'): string | undefined {
    const bytes = this.#proc.readLink(pid, 'ns/mnt');
    return bytes < 0 ? undefined : this.#proc.utf8(bytes);
  }

  /** The kernel gives the number in the link again once the namespace is gone. */
  #uniquePlace(pid: number, mountNamespace: string | undefined): string | undefined {
    if (mountNamespace === undefined || this.#lastingNamespaces.has(mountNamespace)) return mountNamespace;
    return `${mountNamespace} ${this.#proc.mountNamespaceId(pid) ?? ''}`;
  }

  /** The mounts are read only in namespaces of containers: programs of the host need not wait for that. */
  #rootPlace(pid: number, mountNamespace: string | undefined): string | undefined {
    if (mountNamespace === undefined || this.#lastingNamespaces.has(mountNamespace)) return undefined;
    const bytes = this.#proc.readLines(pid, 'mountinfo');
    return bytes < 0 ? undefined : rootPlace(this.#proc.utf8(bytes));
  }

  /** What a process says of itself. */
  #words(pid: number): { arguments: string[]; workingDirectory: string | undefined } {
    const bytes = this.#proc.read(pid, 'cmdline');
    const line = this.#proc.utf8(Math.min(Math.max(0, bytes), ARGUMENT_BYTES));
    const linkBytes = this.#proc.readLink(pid, 'cwd');
    return {
      arguments: line.split('\0').slice(0, -1),
      workingDirectory: linkBytes < 0 ? undefined : this.#proc.utf8(linkBytes),
    };
  }

  /** The path of its program, or its own name for itself where only that may be read. */
  #executable(pid: number): string | number {
    const bytes = this.#proc.readLink(pid, 'exe');
    if (bytes >= 0) return this.#proc.utf8(bytes);
    // A process that has ended has no program any more, but still a cgroup: the root, in version 1.
    if (bytes !== -EACCES && bytes !== -EPERM) return bytes;
    const nameBytes = this.#proc.read(pid, 'comm');
    return nameBytes < 0 ? nameBytes : this.#proc.utf8(nameBytes).trimEnd();
  }

  #remoteOf(
    { key, snapshot }: { key: string; snapshot: ProcessSnapshot },
    pidfd: number,
  ): Remote | UnattributedReason {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    // Otherwise the cgroup says too little: it may have many programs, and gofers of several containers.
    const isWhole = !key.includes('\0') && pidfd !== NO_PIDFD;
    return this.#add(key, snapshot, () => (isWhole ? this.#cgroups.idOf(pidfd) : undefined));
  }

  #add(
    key: string,
    snapshot: ProcessSnapshot,
    cgroup: () => number | undefined,
  ): Remote | UnattributedReason {
    const client = clientOf(snapshot.cgroup, snapshot.uid);
    const held = this.#ofClient.get(client) ?? 0;
    const left = MAX_REMOTES - this.#byKey.size;
    if (held >= MAX_REMOTES_OF_CLIENT || !isWithinShare(held, left)) return 'no_room';
    this.#ofClient.set(client, held + 1);
    const cgroupId = cgroup();
    const remote = { number: this.#nextNumber++, key, snapshot, users: 0, cgroupId, clientKey: client };
    this.#byKey.set(key, remote);
    if (cgroupId !== undefined) this.#byCgroupId.set(cgroupId, remote);
    return remote;
  }

  #whyNot(error: number, pid: number, pidfd: number): UnattributedReason {
    if (error !== -ENOENT && error !== -ESRCH) return 'unreadable';
    return exists(pid, pidfd) && this.#proc.read(pid, 'stat') < 0 ? 'hidden' : 'gone';
  }
}

function exists(pid: number, pidfd: number): boolean {
  return pidfd === NO_PIDFD ? existsByPid(pid) : existsByPidfd(pidfd);
}
