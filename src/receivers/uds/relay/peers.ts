import { containerOfCgroup } from '../../../identity/cgroup.js';
import { clientOf } from '../../../identity/client.js';
import { looksLikeGofer } from '../../../identity/gofer.js';
import { rootPlace } from '../../../identity/mountinfo.js';
import type { ProcessSnapshot, UnattributedReason } from '../../../identity/process-snapshot.js';
import { CgroupLookup } from '../../../linux/cgroup.js';
import { EACCES, EINVAL, ENOENT, EPERM, ESRCH } from '../../../linux/errno.js';
import { existsByPid, existsByPidfd, ProcReader } from '../../../linux/proc.js';
import { close, type PeerCredentials, peerCredentials, peerPidfd } from '../../../linux/socket.js';
import { isWithinShare } from './shares.js';

/** Peers that are known at a time. Host processes come and go under ever new cgroups. */
const MAX_PEERS = 65_536;

/**
 * The same of one client. A host may have so many gofers; whoever runs ever new programs, or the same with ever new
 * arguments, takes no more than this from the others.
 */
const MAX_PEERS_OF_CLIENT = 4096;

/** Of a container: gofers of a pod share its cgroup. What comes beyond is the container itself. */
const MAX_GOFERS_OF_CONTAINER = 256;

/** Of the arguments of a gofer: two paths, some flags, an id. */
const ARGUMENT_BYTES = 16 * 1024;

/** What one process is known by: all processes of a container, or all of one program in one mount namespace. */
export interface Peer {
  /** Tells it from all others this thread has ever seen; 1 and up. */
  readonly number: number;
  readonly key: string;
  readonly snapshot: ProcessSnapshot;
  /** Flows that count for it. */
  users: number;
  /** Id of its cgroup of version 2, where the kernel tells and the cgroup is a container's. */
  readonly cgroupId: number | undefined;
  /** Whose share of everything it takes that is bounded: as of `clientOf`. */
  readonly client: string;
}

/** How a unit of systemd is named. Unless it is a container's, it may have been any program of the unit. */
const UNIT = /\.(?:service|slice|scope|mount)$/;

/** Nothing can be done with what is read of a process: it may not be who was asked for. */
const NO_PIDFD = -1;

/**
 * Finds out who is at the other end of a socket, while that process is there to be looked at.
 *
 * The pid is that of the process that connected. Between that moment and ours it may have ended, and its number
 * have passed to another. So everything is read first, and then the peer's pidfd, which cannot pass to anyone, is
 * asked whether the process still is: if so, what was read was read of that process.
 *
 * The cgroup says which container it is: nobody leaves that of a container from within. What comes from one cgroup that names a
 * container is one peer, by the text of /proc/PID/cgroup alone. Where that names none, programs are told apart, and by
 * their mount namespaces those of the host and of containers. Gofers of gVisor, which work for containers of other names,
 * have a mount namespace each; what they say of themselves tells nobody from others, as anybody can say it.
 *
 * Of a process that has ended too soon the kernel may still tell in which cgroup of version 2 it was.
 */
export class Peers {
  readonly #proc: ProcReader;
  readonly #cgroups: CgroupLookup;
  readonly #byCgroupId = new Map<number, Peer>();
  readonly #byKey = new Map<string, Peer>();
  /** How many there are of each client. */
  readonly #ofClient = new Map<string, number>();
  /** Mount namespaces that are there as long as this process: its own, and that of the host's first. */
  readonly #lastingNamespaces: ReadonlySet<string | undefined>;
  #nextNumber = 1;

  /** `procRoot`, `cgroupMount`: where proc(5) and cgroups of version 2 are mounted. */
  constructor(procRoot?: string, cgroupMount?: string) {
    this.#proc = new ProcReader(procRoot);
    this.#cgroups = new CgroupLookup(cgroupMount);
    this.#lastingNamespaces = new Set([this.#mountNamespace('self'), this.#mountNamespace(1)]);
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Nobody is asked for any more. */
  close(): void {
    this.#cgroups.close();
  }

  /** Who is at the other end of a connected socket, or why nobody knows. */
  identify(fd: number): Peer | UnattributedReason {
    const credentials = peerCredentials(fd);
    if (credentials === undefined) return 'unreadable';
    // The kernel translates the pid into our namespace, where the process may have none.
    if (credentials.pid <= 0) return 'other_namespace';
    const pidfd = peerPidfd(fd);
    if (pidfd === -ESRCH || pidfd === -EINVAL) return 'gone';
    try {
      const found = this.#look(credentials, pidfd < 0 ? NO_PIDFD : pidfd);
      return found === 'gone' && pidfd >= 0 ? this.#lookBack(credentials, pidfd) : found;
    } finally {
      if (pidfd >= 0) close(pidfd);
    }
  }

  /** Nobody counts for it any more: whoever comes next under that key is somebody new. */
  forget(peer: Peer): void {
    if (this.#byKey.get(peer.key) !== peer) return;
    this.#byKey.delete(peer.key);
    if (peer.cgroupId !== undefined && this.#byCgroupId.get(peer.cgroupId) === peer) {
      this.#byCgroupId.delete(peer.cgroupId);
    }
    const left = (this.#ofClient.get(peer.client) ?? 1) - 1;
    if (left > 0) this.#ofClient.set(peer.client, left);
    else this.#ofClient.delete(peer.client);
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
    return exists(pid, pidfd) ? this.#peerOf(found, pidfd) : 'gone';
  }

  /** Who somebody was that has ended: of a container only, for nothing else tells which program it was. */
  #lookBack({ pid, uid }: PeerCredentials, pidfd: number): Peer | UnattributedReason {
    const id = this.#cgroups.idOf(pidfd);
    if (id === undefined) return 'gone';
    const known = this.#byCgroupId.get(id);
    if (known !== undefined) return known;
    const path = this.#cgroups.pathOf(id);
    if (path === undefined) return 'gone';
    // As /proc would have had it where there is no other hierarchy.
    const cgroup = `0::${path}\n`;
    const isContainer = containerOfCgroup(cgroup) !== undefined;
    if (!isContainer && (path === '/' || UNIT.test(path))) return 'gone';
    // Of a cgroup that names no container it stands for nobody who lives: they are told apart.
    const key = isContainer ? cgroup : `${cgroup}\0\0${uid}`;
    return this.#peerOf({ key, snapshot: { pid, uid, cgroup } }, pidfd);
  }

  /** What a process of that cgroup is known by; a negated errno when that cannot be read. */
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
    // Of users on the host each has a share of his own.
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

  /** The number in the link of a namespace is given again when that is gone. */
  #uniquePlace(pid: number, mountNamespace: string | undefined): string | undefined {
    if (mountNamespace === undefined || this.#lastingNamespaces.has(mountNamespace)) return mountNamespace;
    return `${mountNamespace} ${this.#proc.mountNamespaceId(pid) ?? ''}`;
  }

  /** Nobody needs to look at all mounts there are for each program of the host. */
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

  /** Its program; its own name for itself where only that may be read. */
  #executable(pid: number): string | number {
    const bytes = this.#proc.readLink(pid, 'exe');
    if (bytes >= 0) return this.#proc.utf8(bytes);
    // A process that has ended has none any more, while its cgroup is still told: as the root, in version 1.
    if (bytes !== -EACCES && bytes !== -EPERM) return bytes;
    const nameBytes = this.#proc.read(pid, 'comm');
    return nameBytes < 0 ? nameBytes : this.#proc.utf8(nameBytes).trimEnd();
  }

  #peerOf(
    { key, snapshot }: { key: string; snapshot: ProcessSnapshot },
    pidfd: number,
  ): Peer | UnattributedReason {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const client = clientOf(snapshot.cgroup, snapshot.uid);
    const held = this.#ofClient.get(client) ?? 0;
    const left = MAX_PEERS - this.#byKey.size;
    if (held >= MAX_PEERS_OF_CLIENT || !isWithinShare(held, left)) return 'no_room';
    this.#ofClient.set(client, held + 1);
    // Of the others the cgroup says too little: many programs may be in one, and gofers of several containers.
    const isWhole = !key.includes('\0') && pidfd !== NO_PIDFD;
    const cgroupId = isWhole ? this.#cgroups.idOf(pidfd) : undefined;
    const peer = { number: this.#nextNumber++, key, snapshot, users: 0, cgroupId, client };
    this.#byKey.set(key, peer);
    if (cgroupId !== undefined) this.#byCgroupId.set(cgroupId, peer);
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
