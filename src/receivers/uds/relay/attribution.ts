import { clientOfContainer, clientOfUser } from '../../../identity/client-key.js';
import { UNATTRIBUTED_REASONS } from '../../../identity/process-snapshot.js';
import { hasPeerName, type PeerCredentials, peerCredentials } from '../../../linux/socket.js';
import { ClientCounts } from './client-counts.js';
import { Clients } from './clients.js';
import { CLIENT, type ConnectionTable, UPSTREAM } from './connection-table.js';
import type { Flows } from './flows.js';
import type { Listener } from './listener.js';
import type { RelayThreadData } from './messages.js';
import { OWN_GID, OWN_UID } from './own-credentials.js';
import type { Remote, Remotes, ToldRemote } from './remotes.js';

/** How long the process that was found to serve an upstream is taken for its server, in ms. */
const UPSTREAM_MS = 1000;

/** The uid that the kernel shows for users unknown in our namespace (/proc/sys/kernel/overflowuid). */
export const OVERFLOW_UID = 65_534;

/** Who sends datagrams: as of `clientOf`, or its user; and what it is counted for, if that is known. */
export interface Sender {
  /** Whose share it takes: its user's where the client is not asked for, or not known. */
  readonly client: string;
  readonly remote?: Remote | undefined;
}

/** Who has connected. */
export interface Sighting extends Sender {
  /** When its process was certainly there, in monotonic ms of this thread; undefined if that is not known. */
  readonly seenMs?: number | undefined;
}

/** The same as threads tell each other. */
export interface ToldSighting {
  readonly client: string;
  readonly remote?: ToldRemote | undefined;
  readonly wasThere: boolean;
}

/**
 * Decides which flow each connection is counted in: by its client, which is looked at as soon as it is accepted, and by
 * the server of its upstream, which is looked at when it is connected.
 */
export class Attribution {
  readonly #table: ConnectionTable;
  readonly #flows: Flows;
  readonly #remotes: Remotes;
  readonly #unattributed: Float64Array;
  readonly #now: () => number;
  readonly #numbers: Clients;
  /** By connection: its client, until the connection is counted. */
  readonly #clients: (Remote | undefined)[];

  constructor(
    table: ConnectionTable,
    flows: Flows,
    remotes: Remotes,
    memory: Pick<RelayThreadData, 'unattributed' | 'clientWords' | 'clientCounts'>,
    now: () => number,
  ) {
    this.#table = table;
    this.#flows = flows;
    this.#remotes = remotes;
    this.#unattributed = new Float64Array(memory.unattributed);
    const counts = new ClientCounts(memory.clientCounts);
    this.#numbers = new Clients(memory.clientWords, (client) => counts.cellsOf(client));
    this.#now = now;
    this.#clients = new Array(table.slots).fill(undefined);
  }

  /** A connection has been accepted: looks at its client while that is there. `fd`: of the client's end. */
  look(fd: number, { settings }: Listener): Sighting {
    if (settings.container !== undefined) return { client: clientOfContainer(settings.container) };
    if (!settings.isShared) return { client: userOf(fd) };
    const found = this.#remotes.identify(fd);
    const seenMs = this.#remotes.wasThere ? this.#now() : undefined;
    if (typeof found !== 'string') return { client: found.clientKey, remote: found, seenMs };
    this.#unattributed[UNATTRIBUTED_REASONS.indexOf(found)] += 1;
    return { client: userOf(fd), seenMs };
  }

  /** The same as another thread saw it, so many ms ago. */
  adopt({ client, remote, wasThere }: ToldSighting, ageMs: number): Sighting {
    const seenMs = wasThere ? this.#now() - ageMs : undefined;
    const found = remote === undefined ? undefined : this.#remotes.adopt(remote);
    if (typeof found !== 'string') return { client, remote: found, seenMs };
    this.#unattributed[UNATTRIBUTED_REASONS.indexOf(found)] += 1;
    return { client, seenMs };
  }

  /** Another thread carries the connection whose client was seen. */
  passedOn({ remote }: Sighting): void {
    if (remote?.users === 0) this.#remotes.forget(remote);
  }

  /**
   * Finds out about the sender of a datagram, while it is there. `pidfd`: of it, negative where there is none.
   */
  lookSender({ settings }: Listener, sender: PeerCredentials, pidfd: number): Sender {
    if (settings.container !== undefined) return { client: clientOfContainer(settings.container) };
    if (!settings.isShared) return { client: clientOfUser(sender.uid) };
    const found = this.#remotes.identifyProcess(sender, pidfd);
    if (typeof found !== 'string') return { client: found.clientKey, remote: found };
    this.#unattributed[UNATTRIBUTED_REASONS.indexOf(found)] += 1;
    return { client: clientOfUser(sender.uid) };
  }

  /** How many clients have a connection. */
  get clients(): number {
    return this.#numbers.count;
  }

  /** The client of a connection, or a sender whose datagrams are carried like one. */
  enter(slot: number, { client, remote, seenMs }: Sighting): void {
    this.#clients[slot] = remote;
    if (seenMs !== undefined) this.#table.clientSeenMs[slot] = seenMs;
    this.#table.client[slot] = this.#numbers.enter(client);
  }

  /** The connection is about to end. */
  leave(slot: number): void {
    this.#numbers.leave(this.#table.client[slot]);
  }

  /** Its upstream end is connected. */
  connected(slot: number, listener: Listener): void {
    if (this.#flows.isCounted(slot)) return;
    this.#lookUpstream(slot, listener);
    this.count(slot, listener);
  }

  /**
   * A client may ask who sends each message (SO_PASSCRED). The kernel does not tell whether it does; but it gives a name to the
   * socket of one that asks before it connects.
   */
  #nameServer(slot: number, { pid, uid, gid }: PeerCredentials): void {
    const { fd, serverGid, serverPid, serverUid } = this.#table;
    if (!hasPeerName(fd[slot * 2 + CLIENT])) return;
    serverUid[slot] = uid;
    serverGid[slot] = gid;
    serverPid[slot] = pid;
  }

  /** Counts a connection from now on, if it is not yet: with an upstream as it was last known. */
  count(slot: number, listener: Listener): void {
    if (this.#flows.isCounted(slot)) return;
    this.#flows.enter(slot, listener, this.#clients[slot], listener.server);
    this.#clients[slot] = undefined;
  }

  /** The last connection has ended. */
  close(): void {
    this.#remotes.close();
  }

  #lookUpstream(slot: number, listener: Listener): void {
    const fd = this.#table.fd[slot * 2 + UPSTREAM];
    const peer = peerCredentials(fd);
    const pid = peer?.pid ?? 0;
    if (peer !== undefined && (peer.uid !== OWN_UID || peer.gid !== OWN_GID)) this.#nameServer(slot, peer);
    const nowMs = this.#now();
    if (pid === listener.serverPid && nowMs < listener.serverSeenMs + UPSTREAM_MS) return;
    const found = this.#remotes.identify(fd);
    listener.server = typeof found === 'string' ? undefined : found;
    listener.serverPid = pid;
    listener.serverSeenMs = nowMs;
  }
}

function userOf(fd: number): string {
  return clientOfUser(peerCredentials(fd)?.uid ?? OVERFLOW_UID);
}
