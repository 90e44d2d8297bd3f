import { clientOfContainer, clientOfUser } from '../../../identity/client-key.js';
import { UNATTRIBUTED_REASONS } from '../../../identity/process-snapshot.js';
import { peerCredentials } from '../../../linux/socket.js';
import { ClientCounts } from './client-counts.js';
import { Clients } from './clients.js';
import { CLIENT, type ConnectionTable, UPSTREAM } from './connection-table.js';
import type { Flows } from './flows.js';
import type { Listener } from './listener.js';
import type { RelayThreadData } from './messages.js';
import type { Remote, Remotes } from './remotes.js';

/** How long the process that was found to serve an upstream is taken for its server, in ms. */
const UPSTREAM_MS = 1000;

/** The uid that the kernel shows for users unknown in our namespace (/proc/sys/kernel/overflowuid). */
const OVERFLOW_UID = 65_534;

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

  /**
   * A connection has been accepted: looks at its client while that is there. Returns the client whose share it takes: as
   * of `clientOf`, or its user where the client is not asked for, or not known.
   */
  look(slot: number, listener: Listener): string {
    const client = this.#look(slot, listener);
    this.#table.client[slot] = this.#numbers.enter(client);
    return client;
  }

  /** The connection is about to end. */
  leave(slot: number): void {
    this.#numbers.leave(this.#table.client[slot]);
  }

  #look(slot: number, { settings }: Listener): string {
    if (settings.container !== undefined) return clientOfContainer(settings.container);
    const fd = this.#table.fd[slot * 2 + CLIENT];
    if (!settings.isShared) return userOf(fd);
    const found = this.#remotes.identify(fd);
    if (typeof found !== 'string') {
      this.#clients[slot] = found;
      return found.clientKey;
    }
    this.#unattributed[UNATTRIBUTED_REASONS.indexOf(found)] += 1;
    return userOf(fd);
  }

  /** Its upstream end is connected. */
  connected(slot: number, listener: Listener): void {
    if (this.#flows.isCounted(slot)) return;
    this.#lookUpstream(listener, this.#table.fd[slot * 2 + UPSTREAM]);
    this.count(slot, listener);
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

  #lookUpstream(listener: Listener, fd: number): void {
    const pid = peerCredentials(fd)?.pid ?? 0;
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
