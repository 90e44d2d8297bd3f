import type { Attributes } from '@opentelemetry/api';
import type { Containers } from '../../../identity/containers.js';
import type { ProcessSnapshot } from '../../../identity/process-snapshot.js';
import type { Coverage } from '../../../processors/capture/strategies/coverage.js';
import type { CaptureObserver } from '../../../processors/observer.js';
import type { SeriesHandle, SeriesTable } from '../../../telemetry/series-table.js';
import { CLOSED, OPENED, ROW_WIDTH } from '../counters.js';
import type { FlowEvents, PoolFlow } from '../pool/pool-flows.js';
import type { UnattributedFlows } from '../pool/unattributed-flows.js';
import { flowAttributes } from './attributes.js';
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

/** Who reads the records of a socket's flows, under one number of registration. */
export interface Registration {
  readonly number: number;
  readonly observer: CaptureObserver;
  readonly coverage: Coverage;
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
  /** Numbers that its records have carried, and who reads them. */
  readonly sources: Map<number, Registration>;
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
  readonly #registrations = new Map<number, Registration>();
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
      sources: new Map(),
    };
    this.#open.set(flow, open);
    open.release = this.#follow(flow, open);
    // Accepted before threads stopped, and connected only now.
    if (this.#hasLeft) this.#keep(open);
  }

  source(flow: PoolFlow, number: number, registration: number): void {
    const open = this.#open.get(flow);
    const registered = this.#registrations.get(registration);
    if (open === undefined || registered === undefined) return;
    const { socket } = this.#settings;
    const { attributes, client } = open;
    const path = socket.path ?? socket.upstream;
    open.sources.set(number, registered);
    registered.observer.addSource(
      number,
      { socket: socket.name, path, attributes, protocol: socket.protocol, client },
      registered.coverage,
    );
  }

  ended(flow: PoolFlow): void {
    const open = this.#open.get(flow);
    if (open === undefined) return;
    this.#open.delete(flow);
    add(this.#ended, open.counters);
    open.series.close(open.isFinal);
    for (const [number, { observer }] of open.sources) this.#endSource(observer, number, open.isFinal);
    open.release();
  }

  /** All of it was one container's, which has ended and will not come back. */
  finish(): void {
    this.#isFinal = true;
    for (const open of this.#open.values()) open.isFinal = true;
  }

  /** Records are read by others, or otherwise, from now on. */
  register(registration: Registration): void {
    this.#registrations.set(registration.number, registration);
  }

  /** No records are written any more for those who read them under this number. */
  unregister(number: number): void {
    this.#registrations.delete(number);
    for (const { sources } of this.#open.values()) {
      for (const [source, { number: registration, observer }] of sources) {
        if (registration !== number) continue;
        sources.delete(source);
        this.#endSource(observer, source);
      }
    }
  }

  /** It is not relayed any more. Flows that are left have lost their thread. */
  close(): void {
    for (const flow of [...this.#open.keys()]) this.ended(flow);
    this.#held.close(this.#isFinal);
    // What has never counted anything has no final values to show; and others may show the same by now.
    this.#idle.withdraw();
  }

  /** No more records of it are written; those that were may be on their way yet. */
  #endSource(observer: CaptureObserver, number: number, isFinal?: boolean): void {
    const passedOn = this.#pool.passedOn();
    if (passedOn === undefined) observer.endSource(number, isFinal);
    else void passedOn.then(() => observer.endSource(number, isFinal));
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
