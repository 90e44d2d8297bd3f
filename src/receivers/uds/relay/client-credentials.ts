import { Credentials, MAX_GROUPS } from '../../../linux/credentials.js';
import { EACCES, ERANGE, errnoName } from '../../../linux/errno.js';
import { existsByPidfd, ProcReader } from '../../../linux/proc.js';
import { close, type PeerCredentials, peerPidfd } from '../../../linux/socket.js';
import { ThreadCredentials } from '../../../linux/thread-credentials.js';
import { IdMap } from '../../../linux/user-namespace.js';
import type { UpstreamPath } from './upstream-path.js';

const ROOT = 0;
const NO_CAPABILITIES = 0;

/** The link in /proc/PID that names the process's user namespace. */
const USER_NAMESPACE = 'ns/user';

/**
 * Connects as the client: for connect(2) alone this thread has the client's groups, group and user, so that the upstream
 * sees them (SO_PEERCRED, SO_PEERGROUPS) and the path is open to the same clients as without a relay.
 *
 * Nothing of a client is kept: the kernel remembers the credentials with each connection, also while that waits for room
 * in a backlog.
 */
export class ClientCredentials {
  readonly #client = new Credentials();
  readonly #users = IdMap.ofUsers();
  readonly #groups = IdMap.ofGroups();
  readonly #proc = new ProcReader();
  #thread: ThreadCredentials | undefined;
  #obstacle: string | undefined;
  /** Why `connect` refused the last client. */
  refusal = '';

  /**
   * Why this thread cannot connect as its clients, undefined if it can. Found out by trying, once.
   *
   * @throws CredentialsLostError
   */
  get obstacle(): string | undefined {
    if (this.#thread === undefined) {
      this.#thread = new ThreadCredentials();
      const user = this.#users.other(this.#thread.own.uid);
      const group = this.#groups.other(this.#thread.own.gid);
      const isAlone = user === undefined || group === undefined;
      this.#obstacle = isAlone
        ? 'its user namespace has one user or group only'
        : this.#thread.rehearse(user, group);
    }
    return this.#obstacle;
  }

  /** The process that the last client was, 0 if it is not visible in our pid namespace; and its user and group. */
  get pid(): number {
    return this.#client.pid;
  }

  get user(): number {
    return this.#client.uid;
  }

  get group(): number {
    return this.#client.gid;
  }

  /** Whether these are not our own. */
  get isOther(): boolean {
    const { own } = this.#thread as ThreadCredentials;
    return this.#client.uid !== own.uid || this.#client.gid !== own.gid;
  }

  /**
   * Connects `fd` to the upstream with the credentials of the process at the other end of `client`. As connect(2), with
   * -EACCES also where the thread cannot take these on; `refusal` says why then.
   *
   * @throws CredentialsLostError
   */
  connect(client: number, fd: number, upstream: UpstreamPath): number {
    const problem = this.#look(client) ?? this.#unmapped() ?? this.obstacle;
    if (problem !== undefined) return this.#refuse(problem);
    let result = this.#connectWith(NO_CAPABILITIES, fd, upstream);
    if (result === -EACCES && this.#mayHaveCapabilities) {
      const pidfd = peerPidfd(client);
      result = this.#connectAsCapable(pidfd, fd, upstream);
      if (pidfd >= 0) close(pidfd);
    }
    return result;
  }

  /**
   * The same with the credentials of the sender of a datagram, which the kernel has vouched for: its user and group are among those that
   * it could take on. Of its other groups the kernel says nothing; it has those of the process that its pidfd is of, if that has
   * this user, and none if it has ended. `pidfd`: negative where there is none.
   */
  connectSender(
    { pid, uid, gid }: PeerCredentials,
    pidfd: number,
    fd: number,
    upstream: UpstreamPath,
  ): number {
    this.#client.set(pid, uid, gid, pidfd < 0 ? [] : this.#groupsOf(pid, uid, pidfd));
    const problem = this.#unmapped() ?? this.obstacle;
    if (problem !== undefined) return this.#refuse(problem);
    const result = this.#connectWith(NO_CAPABILITIES, fd, upstream);
    return result === -EACCES && this.#mayHaveCapabilities
      ? this.#connectAsCapable(pidfd, fd, upstream)
      : result;
  }

  /** Reads the client's credentials. Returns why they cannot be used, or undefined. */
  #look(fd: number): string | undefined {
    const result = this.#client.readPeer(fd);
    if (result === -ERANGE) return `in more than ${MAX_GROUPS} groups`;
    return result < 0 ? `its credentials cannot be read: ${errnoName(-result)}` : undefined;
  }

  #unmapped(): string | undefined {
    const client = this.#client;
    if (this.#users.isNobody(client.uid)) return 'its user is not mapped in our user namespace';
    let isUnknown = this.#groups.isNobody(client.gid);
    for (let i = 0; i < client.groupCount; i++) isUnknown ||= this.#groups.isNobody(client.groups[i]);
    return isUnknown ? 'a group of it is not mapped in our user namespace' : undefined;
  }

  /** Supplementary groups of a process in ascending order; none if it is not certainly the one of that user. */
  #groupsOf(pid: number, uid: number, pidfd: number): number[] {
    const bytes = pid > 0 ? this.#proc.read(pid, 'status') : -1;
    if (bytes < 0 || !existsByPidfd(pidfd)) return [];
    const status = this.#proc.latin1(bytes);
    const users = /^Uid:\t(.*)$/m.exec(status)?.[1].split('\t').map(Number) ?? [];
    const groups = /^Groups:\t(.*)$/m.exec(status)?.[1].trim() ?? '';
    if (!users.includes(uid) || groups === '') return [];
    return groups
      .split(' ')
      .map(Number)
      .sort((a, b) => a - b);
  }

  #connectAsCapable(pidfd: number, fd: number, upstream: UpstreamPath): number {
    const capabilities = this.#capabilitiesOf(pidfd);
    return capabilities === NO_CAPABILITIES ? -EACCES : this.#connectWith(capabilities, fd, upstream);
  }

  #connectWith(capabilities: number, fd: number, upstream: UpstreamPath): number {
    const thread = this.#thread as ThreadCredentials;
    let result: number;
    try {
      result = thread.assume(this.#client, capabilities);
      if (result < 0) return this.#refuse(`${thread.failedCall}: ${errnoName(-result)}`);
      result = upstream.connect(fd);
    } finally {
      thread.restore();
    }
    if (result === -EACCES) this.refusal = errnoName(EACCES);
    return result;
  }

  /**
   * The capabilities of a client that open the path to it whatever the permissions are. Only root's: another user may
   * have got them after connecting, by running a program that does not act on that user's behalf (execve(2) of a
   * set-user-ID file). And only if it is certainly the process that connected, in our user namespace.
   */
  #capabilitiesOf(pidfd: number): number {
    const { pid } = this.#client;
    const { capabilities } = this.#thread as ThreadCredentials;
    if (pidfd < 0) return NO_CAPABILITIES;
    const found = capabilities.ofPathOf(pid) & capabilities.ofPath;
    const isOurs = this.#userNamespaceOf(pid) === this.#userNamespaceOf(process.pid);
    const isThere = existsByPidfd(pidfd);
    return isOurs && isThere ? found : NO_CAPABILITIES;
  }

  get #mayHaveCapabilities(): boolean {
    const { uid, pid } = this.#client;
    const { capabilities } = this.#thread as ThreadCredentials;
    return uid === ROOT && pid > 0 && capabilities.ofPath !== NO_CAPABILITIES;
  }

  #userNamespaceOf(pid: number): string {
    const bytes = this.#proc.readLink(pid, USER_NAMESPACE);
    return bytes < 0 ? `${pid}: ${bytes}` : this.#proc.latin1(bytes);
  }

  #refuse(reason: string): number {
    this.refusal = reason;
    return -EACCES;
  }
}
