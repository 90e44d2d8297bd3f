import { CLOSED, OPENED, ROW_WIDTH } from '../counters.js';
import { type ConnectionTable, NO_ROW } from './connection-table.js';
import type { FlowNumbers } from './flow-numbers.js';
import type { Listener } from './listener.js';
import type { RelayReport } from './messages.js';
import type { Peer, Peers } from './peers.js';
import { isWithinShare } from './shares.js';

/** The row of what finds no row of its own. It has no flow that could be reported: nobody knows whose it is. */
export const SPILL_ROW = 0;

/** The part of the rows that one client may have, and some at least. What it has beyond is one flow of each listener. */
const SHARE_OF_ROWS = 1 / 8;
const LEAST_ROWS = 32;

/** The flow of a connection that is counted in the spill row: it is not captured, because nobody could say whose it is. */
export const NO_FLOW = 0;

/**
 * What is counted together: the connections of one listener with the same peer and the same server behind its
 * upstream. A flow has a row of counters of its own, which the main thread learns of before anything is in it.
 */
export class Flow {
  connections = 0;
  /** Nobody enters it any more; it ends with its last connection. */
  isClosing = false;
  constructor(
    /** What its records carry: no other flow of the process has it. */
    readonly number: number,
    readonly listener: Listener,
    readonly key: string,
    readonly row: number,
    readonly peer: Peer | undefined,
    readonly upstream: Peer | undefined,
    /** It has all connections of the peer's client that find no row of their own. */
    readonly isOverflow: boolean,
  ) {}
}

/**
 * Leads each connection into its flow.
 *
 *   peer ──┐
 *   listener ──► flow ──► row ──► (main thread) series of socket, container and scope
 *   upstream ──┘
 *
 * Rows are this thread's own. One that is ended comes back by `free`, when the main thread has kept what is in it.
 */
export class Flows {
  readonly #table: ConnectionTable;
  readonly #counters: Float64Array;
  readonly #peers: Peers;
  readonly #numbers: FlowNumbers;
  readonly #report: (report: RelayReport) => void;
  readonly #byRow: (Flow | undefined)[];
  readonly #ofSlot: (Flow | undefined)[];
  readonly #freeRows: number[];
  /** Rows of each client, overflows not counted. */
  readonly #rowsOf = new Map<string, number>();

  constructor(
    table: ConnectionTable,
    counters: Float64Array,
    peers: Peers,
    numbers: FlowNumbers,
    report: (report: RelayReport) => void,
  ) {
    const rows = counters.length / ROW_WIDTH;
    this.#table = table;
    this.#counters = counters;
    this.#peers = peers;
    this.#numbers = numbers;
    this.#report = report;
    this.#byRow = new Array(rows).fill(undefined);
    this.#ofSlot = new Array(table.slots).fill(undefined);
    // Low rows first: the memory is touched as it is used.
    this.#freeRows = Array.from({ length: rows - 1 }, (_, i) => rows - 1 - i);
  }

  /** Whether a connection is counted already. */
  isCounted(slot: number): boolean {
    return this.#table.row[slot] !== NO_ROW;
  }

  /** A connection is counted from now on. `peer`, `upstream`: undefined when nobody knows, or needs to. */
  enter(slot: number, listener: Listener, peer: Peer | undefined, upstream: Peer | undefined): void {
    const key = `${peer?.number} ${upstream?.number}`;
    const flow = listener.flows.get(key) ?? this.#openFor(listener, key, peer, upstream);
    const row = (flow?.row ?? SPILL_ROW) * ROW_WIDTH;
    if (flow !== undefined) flow.connections++;
    // It may be counted with others, or with none that is known.
    this.#forgetUnused(peer, upstream);
    this.#ofSlot[slot] = flow;
    this.#table.row[slot] = row;
    this.#counters[row + OPENED] += 1;
  }

  /** The number that records of a connection carry. The main thread has been told of it already. */
  numberOf(slot: number): number {
    return this.#ofSlot[slot]?.number ?? NO_FLOW;
  }

  /** A connection has ended. */
  leave(slot: number): void {
    const flow = this.#ofSlot[slot];
    this.#counters[this.#table.row[slot] + CLOSED] += 1;
    this.#ofSlot[slot] = undefined;
    if (flow === undefined) return;
    flow.connections--;
    if (flow.isClosing && flow.connections === 0) this.#end(flow);
  }

  /** Lets nobody enter the flow of a row any more. Reported as ended when its last connection has left. */
  close(row: number): void {
    const flow = this.#byRow[row];
    if (flow !== undefined) this.#close(flow);
  }

  closeAllOf(listener: Listener): void {
    for (const flow of listener.flows.values()) this.#close(flow);
  }

  /** The main thread has kept what is in these rows. */
  free(rows: readonly number[]): void {
    for (const row of rows) {
      this.#counters.fill(0, row * ROW_WIDTH, (row + 1) * ROW_WIDTH);
      this.#freeRows.push(row);
    }
  }

  #openFor(
    listener: Listener,
    key: string,
    peer: Peer | undefined,
    upstream: Peer | undefined,
  ): Flow | undefined {
    if (peer === undefined || this.#mayTakeRow(peer.client)) {
      return this.#open(listener, key, peer, upstream, false);
    }
    const overflowKey = `overflow ${peer.client}`;
    return listener.flows.get(overflowKey) ?? this.#open(listener, overflowKey, peer, upstream, true);
  }

  #mayTakeRow(client: string): boolean {
    const held = this.#rowsOf.get(client) ?? 0;
    const limit = Math.max(LEAST_ROWS, this.#byRow.length * SHARE_OF_ROWS);
    return held < limit && isWithinShare(held, this.#freeRows.length);
  }

  #open(
    listener: Listener,
    key: string,
    peer: Peer | undefined,
    upstream: Peer | undefined,
    isOverflow: boolean,
  ): Flow | undefined {
    const row = this.#freeRows.pop();
    if (row === undefined) return undefined;
    const flow = new Flow(this.#numbers.next(), listener, key, row, peer, upstream, isOverflow);
    listener.flows.set(key, flow);
    this.#byRow[row] = flow;
    this.#countRow(flow, 1);
    if (peer !== undefined) peer.users++;
    if (upstream !== undefined) upstream.users++;
    const { number } = flow;
    const report = {
      type: 'flow',
      listener: listener.id,
      row,
      number,
      upstream: upstream?.snapshot,
    } as const;
    this.#report({ ...report, peer: peer?.snapshot, ...(isOverflow ? { isOverflow } : {}) });
    return flow;
  }

  #countRow({ peer, isOverflow }: Flow, change: 1 | -1): void {
    if (peer === undefined || isOverflow) return;
    const held = (this.#rowsOf.get(peer.client) ?? 0) + change;
    if (held > 0) this.#rowsOf.set(peer.client, held);
    else this.#rowsOf.delete(peer.client);
  }

  #close(flow: Flow): void {
    if (flow.isClosing) return;
    flow.isClosing = true;
    flow.listener.flows.delete(flow.key);
    // Who comes next is somebody new, even under the same name.
    if (flow.peer !== undefined) flow.peer.users--;
    if (flow.upstream !== undefined) flow.upstream.users--;
    this.#forgetUnused(flow.peer, flow.upstream);
    if (flow.connections === 0) this.#end(flow);
  }

  #forgetUnused(peer: Peer | undefined, upstream: Peer | undefined): void {
    if (peer?.users === 0) this.#peers.forget(peer);
    if (upstream?.users === 0) this.#peers.forget(upstream);
  }

  #end(flow: Flow): void {
    this.#byRow[flow.row] = undefined;
    this.#countRow(flow, -1);
    this.#report({ type: 'flow_ended', listener: flow.listener.id, row: flow.row });
  }
}
