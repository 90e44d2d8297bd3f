import type { Attributes } from '@opentelemetry/api';
import type { Containers } from '../../../identity/containers.js';
import type { ProcessSnapshot } from '../../../identity/process-snapshot.js';
import type { SeriesHandle, SeriesTable } from '../../../telemetry/series-table.js';
import { CLOSED, OPENED, ROW_WIDTH } from '../counters.js';
import type { FlowEvents, PoolFlow } from '../pool/pool-flows.js';
import type { UnattributedFlows } from '../pool/unattributed-flows.js';
import { flowAttributes } from './attributes.js';
import { CaptureGenerations } from './capture-generations.js';
import { anyoneOf, clientOf } from './client.js';
import { type FlowEnds, HeldSeries } from './held-series.js';
import type { RelayedSocket } from './relayed-socket.js';

/** How a socket is counted. */
export interface FlowSettings {
  readonly socket: RelayedSocket;
  /** Names of the attributes of containers that become attributes of series. */
  readonly attributes: readonly string[];
  readonly table: SeriesTable;
  readonly containers: Containers;
  readonly unattributed: UnattributedFlows;
}

/** The traffic of a socket with one peer, as it is at present. */
export interface FlowView extends FlowEnds {
  readonly counters: Float64Array;
}

interface OpenFlow extends FlowView {
  readonly attributes: Attributes;
  readonly series: SeriesHandle;
  /** Whoever it is of has ended, and will not come back. */
  isFinal: boolean;
  release: () => void;
}

/** What it needs of the pool that its flows are in. */
export interface FlowPool {
  closeFlow(flow: PoolFlow): void;
  /** Resolves when what was captured until now is where it is read; undefined when it is always. */
  passedOn(): Promise<unknown> | undefined;
}

/** The flows of one socket while it is relayed by one pool: what they are counted in, and who reads them. */
export class ClientSeries implements FlowEvents {
  readonly #settings: FlowSettings;
  readonly #pool: FlowPool;
  readonly #open = new Map<PoolFlow, OpenFlow>();
  readonly captures: CaptureGenerations;
  /** What flows that have ended had counted. */
  readonly #ended = new Float64Array(ROW_WIDTH);
  /** Shows the socket before anybody has connected. */
  readonly #idle: SeriesHandle;
  readonly #held: HeldSeries;
  #isFinal = false;
  /**
   * Who shows what is shown here, once this one has left: shared by all books of a socket's line, so that an old one, whose
   * last connection may go on for ever, knows the youngest and none of those in between.
   */
  #line: { holder: ClientSeries } = { holder: this };
  #hasLeft = false;

  constructor(settings: FlowSettings, pool: FlowPool) {
    this.#settings = settings;
    this.#pool = pool;
    this.captures = new CaptureGenerations(settings.socket, settings.attributes, () => pool.passedOn());
    const { socket, attributes, table } = settings;
    this.#idle = table.open(
      flowAttributes(socket, attributes, undefined, undefined),
      clientOf(socket, attributes, undefined, undefined),
    );
    this.#held = new HeldSeries(settings);
  }

  /**
   * A successor will take over: whatever is shown stays shown until then. Threads stop accepting one after the other, and
   * flows without a connection end on the first before the last has.
   */
  leave(): void {
    this.#hasLeft = true;
    for (const open of this.#open.values()) {
      if (!open.isFinal) this.#keep(open);
    }
  }

  /** Takes over what a predecessor that has left shows: whoever it is of lives on, and may connect again only later. */
  inherit(predecessor: ClientSeries): void {
    this.#line = predecessor.#line;
    this.#line.holder = this;
    for (const each of predecessor.#held.ends) this.#keep(each);
    predecessor.#held.close(false);
  }

  /** The flows there are. */
  get flows(): Iterable<FlowView> {
    return this.#open.values();
  }

  /** All that has been counted. */
  totals(): Float64Array {
    const totals = Float64Array.from(this.#ended);
    for (const { counters } of this.#open.values()) add(totals, counters);
    return totals;
  }

  opened(flow: PoolFlow, peer: ProcessSnapshot | undefined, upstream: ProcessSnapshot | undefined): void {
    const { socket, attributes: selected, table, containers } = this.#settings;
    const found = peer === undefined ? undefined : containers.identify(peer);
    const client = clientOf(socket, selected, found, peer);
    const identity = flow.isOverflow && found !== undefined ? anyoneOf(client, found) : found;
    const server = upstream === undefined ? undefined : containers.identify(upstream);
    const attributes = {
      ...flowAttributes(socket, selected, identity, server),
      ...(flow.isOverflow ? client.attributes : {}),
    };
    const series = flow.isOverflow ? table.openOverflow(client) : table.open(attributes, client);
    series.attach([flow.counters]);
    this.#idle.withdraw();
    const open: OpenFlow = {
      peer: identity,
      server,
      client,
      counters: flow.counters,
      attributes,
      series,
      isFinal: false,
      release: () => {},
    };
    this.#open.set(flow, open);
    open.release = this.#follow(flow, open);
    this.captures.openFlow(flow, peer, { attributes, client });
    // Accepted before threads stopped, and connected only now.
    if (this.#hasLeft) this.#keep(open);
  }

  ended(flow: PoolFlow): void {
    const open = this.#open.get(flow);
    if (open === undefined) return;
    this.#open.delete(flow);
    add(this.#ended, open.counters);
    open.series.close(open.isFinal);
    this.captures.endFlow(flow, open.isFinal);
    open.release();
  }

  /** All of it was one container's, which has ended and will not come back. */
  finish(): void {
    this.#isFinal = true;
    for (const open of this.#open.values()) open.isFinal = true;
  }

  /** It is not relayed any more. Flows that are left have lost their thread. */
  close(): void {
    for (const flow of [...this.#open.keys()]) this.ended(flow);
    this.captures.close();
    this.#held.close(this.#isFinal);
    // What has never counted anything has no final values to show; and others may show the same by now.
    this.#idle.withdraw();
  }

  #keep(ends: FlowEnds): void {
    const { holder } = this.#line;
    if (holder !== this) {
      holder.#keep(ends);
      return;
    }
    this.#held.hold(ends);
    this.#idle.withdraw();
  }

  /** Ends a flow with its peer, who will not come back, or with the container that its server is in. */
  #follow(flow: PoolFlow, open: OpenFlow): () => void {
    const { containers, unattributed } = this.#settings;
    const { peer, server, counters } = open;
    const releases: (() => void)[] = [];
    const close = () => this.#pool.closeFlow(flow);
    const finish = () => {
      open.isFinal = true;
      close();
    };
    const connections = () => ({ opened: counters[OPENED], closed: counters[CLOSED] });
    if (peer !== undefined) releases.push(containers.follow(peer, { connections, ended: finish }));
    // Of other servers nothing tells when they end, and a flow is not to end because nobody has connected for long.
    if (server?.container?.livenessPath !== undefined)
      releases.push(containers.follow(server, { connections, ended: close }));
    if (peer?.unattributed !== undefined) releases.push(unattributed.follow(counters, peer.unattributed));
    return () => {
      for (const release of releases) release();
    };
  }
}

function add(sums: Float64Array, values: Float64Array): void {
  for (let i = 0; i < sums.length; i++) sums[i] += values[i];
}
