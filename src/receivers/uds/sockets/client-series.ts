import type { Containers } from '../../../identity/containers.js';
import type { ProcessSnapshot } from '../../../identity/process-snapshot.js';
import type { SeriesHandle, SeriesTable } from '../../../telemetry/series-table.js';
import { CLOSED, OPENED, ROW_WIDTH } from '../counters.js';
import type { PoolFlow } from '../pool/pool-flows.js';
import type { UnattributedFlows } from '../pool/unattributed-flows.js';
import { clientContainer, flowAttributes } from './attributes.js';
import { clientOf } from './client.js';
import {
  type CountedAs,
  CountedClient,
  countedAs,
  type FlowEnds,
  keyOf,
  type SeriesLabels,
} from './counted-client.js';
import type { RelayedSocket } from './relayed-socket.js';

/** What the sockets of a receiver are counted with. */
export interface ClientSeriesContext {
  readonly table: SeriesTable;
  readonly containers: Containers;
  readonly unattributed: UnattributedFlows;
}

/** A flow as it is at present, and what it is counted as. */
export interface CountedFlow extends CountedAs {
  readonly counters: Float64Array;
  /** Names of the protocols that were understood in it. */
  readonly protocols: ReadonlySet<string>;
  /** One was. */
  spoken(protocol: string): void;
}

interface OpenFlow extends CountedFlow {
  readonly counted: CountedClient;
  /** Its client has ended and will not come back. */
  isFinal: boolean;
  release: () => void;
}

/**
 * The series of a relayed socket's clients, across reloads, listeners and pools of threads.
 *
 *   listener ── flow ──┐ attach, detach
 *   listener ── flow ──┴──► client ──► series: from the client's first connection until its container ends,
 *                                      or the socket is not relayed any more
 *
 * When labels change, all clients are held under the new ones. Series under the old labels end with the flows that are
 * still counted there.
 */
export class ClientSeries {
  readonly #context: ClientSeriesContext;
  #labels: SeriesLabels;
  /** Those that are held under the present labels. */
  readonly #clients = new Map<string, CountedClient>();
  readonly #flows = new Map<PoolFlow, OpenFlow>();
  /** The sums of flows that have ended. */
  readonly #ended = new Float64Array(ROW_WIDTH);
  /** Shows the socket before anybody has connected. */
  #idle: SeriesHandle;
  /** Protocols that were understood since its server and its protocol were configured as they are. */
  #protocols = new Set<string>();
  #isFinal = false;
  #hasLeft = false;

  constructor(context: ClientSeriesContext, labels: SeriesLabels) {
    this.#context = context;
    this.#labels = labels;
    this.#idle = this.#openIdle();
  }

  /** Counts new flows under these labels from now on, and shows the clients there are under them. */
  relabel(labels: SeriesLabels): void {
    if (!isSameTalk(labels.socket, this.#labels.socket)) this.#protocols = new Set();
    this.#labels = labels;
    const idle = this.#openIdle();
    this.#idle.withdraw();
    this.#idle = idle;
    for (const [key, client] of [...this.#clients]) {
      if (this.#hold(client.ends) === client) continue;
      if (this.#clients.get(key) === client) this.#clients.delete(key);
      client.release(false);
    }
    if (this.#clients.size > 0) idle.withdraw();
  }

  /** A flow has opened, of a listener with these labels. `client`, `server`: the processes at its ends. */
  attach(
    flow: PoolFlow,
    client: ProcessSnapshot | undefined,
    server: ProcessSnapshot | undefined,
    labels: SeriesLabels,
  ): CountedFlow {
    const { containers } = this.#context;
    const { counters, isOverflow } = flow;
    const ends = {
      client: client && containers.identify(client),
      snapshot: client,
      server: server && containers.identify(server),
      isOverflow,
    };
    const counted = this.#clientOf(ends, labels);
    counted.attach(counters);
    this.#idle.withdraw();
    const protocols = new Set<string>();
    const ofSocket = isSameTalk(labels.socket, this.#labels.socket) ? this.#protocols : protocols;
    const spoken = (protocol: string) => {
      protocols.add(protocol);
      ofSocket.add(protocol);
    };
    const heard = { protocols, spoken };
    const open = { ...counted.as, ...heard, counters, counted, isFinal: this.#isFinal, release: () => {} };
    this.#flows.set(flow, open);
    open.release = this.#follow(flow, open);
    return open;
  }

  /** A flow has ended. Returns whether its client has, too, and will not come back. */
  detach(flow: PoolFlow): boolean {
    const open = this.#flows.get(flow);
    if (open === undefined) return false;
    const { counters, counted, isFinal } = open;
    this.#flows.delete(flow);
    add(this.#ended, counters);
    counted.detach(counters, isFinal);
    open.release();
    return isFinal;
  }

  /** The flows there are. */
  get flows(): Iterable<CountedFlow> {
    return this.#flows.values();
  }

  /** Names of the protocols that its connections speak, as far as messages were understood. */
  get protocols(): ReadonlySet<string> {
    const ofFlows = Array.from(this.#flows.values(), ({ protocols }) => [...protocols]);
    return new Set([...this.#protocols, ...ofFlows.flat()]);
  }

  /** All that has been counted since the socket was relayed first. */
  totals(): Float64Array {
    const totals = Float64Array.from(this.#ended);
    for (const { counters } of this.#flows.values()) add(totals, counters);
    return totals;
  }

  /**
   * The socket is not relayed any more: each series ends with its last flow. `isFinal`: all was one container's, which
   * has ended and will not come back.
   */
  leave(isFinal: boolean): void {
    this.#hasLeft = true;
    this.#isFinal = isFinal;
    if (isFinal) for (const open of this.#flows.values()) open.isFinal = true;
    for (const client of this.#clients.values()) client.release(isFinal);
    this.#clients.clear();
    // What has never counted anything has no final values to show.
    this.#idle.withdraw();
  }

  #openIdle(): SeriesHandle {
    const { socket, attributes } = this.#labels;
    return this.#context.table.open(
      flowAttributes(socket, attributes, undefined, undefined),
      clientOf(socket, attributes, undefined, undefined),
      clientContainer(socket, attributes, undefined),
    );
  }

  #clientOf(ends: FlowEnds, labels: SeriesLabels): CountedClient {
    const held = this.#hasLeft ? undefined : this.#hold(ends);
    if (held !== undefined && labels === this.#labels) return held;
    // It was accepted before the socket changed or went, and has connected only now.
    return new CountedClient(ends, countedAs(labels, ends), this.#context.table);
  }

  /** The client that is shown under the present labels until it ends. */
  #hold(ends: FlowEnds): CountedClient {
    const as = countedAs(this.#labels, ends);
    const key = keyOf(as, ends);
    const known = this.#clients.get(key);
    // There may be room by now for one that had none.
    if (known !== undefined && !known.isSpilled) return known;
    const { table, containers } = this.#context;
    const client = new CountedClient(ends, as, table);
    this.#clients.set(key, client);
    client.hold(containers, () => {
      if (this.#clients.get(key) === client) this.#clients.delete(key);
    });
    known?.release(false);
    return client;
  }

  /** Ends a flow with its client, which will not come back, or with the container that its server is in. */
  #follow(flow: PoolFlow, open: OpenFlow): () => void {
    const { containers, unattributed } = this.#context;
    const { client, server, counters } = open;
    const connections = () => ({ opened: counters[OPENED], closed: counters[CLOSED] });
    const finish = () => {
      open.isFinal = true;
      flow.close();
    };
    const releases: (() => void)[] = [];
    if (client !== undefined) releases.push(containers.follow(client, { connections, ended: finish }));
    if (server?.container?.livenessPath !== undefined)
      releases.push(containers.follow(server, { connections, ended: () => flow.close() }));
    if (client?.unattributed !== undefined) releases.push(unattributed.follow(counters, client.unattributed));
    return () => {
      for (const release of releases) release();
    };
  }
}

/** Whether what was understood under one configuration still tells what is spoken under the other. */
function isSameTalk(socket: RelayedSocket, other: RelayedSocket): boolean {
  return socket.upstream === other.upstream && socket.protocol === other.protocol;
}

function add(sums: Float64Array, values: Float64Array): void {
  for (let i = 0; i < sums.length; i++) sums[i] += values[i];
}
