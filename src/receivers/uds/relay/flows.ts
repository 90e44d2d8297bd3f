import { CLOSED, OPENED, ROW_WIDTH } from '../counters.js';
import { type ConnectionTable, NO_ROW } from './connection-table.js';
import type { FlowNumbers } from './flow-numbers.js';
import type { RelayReport } from './messages.js';
import type { Remote, Remotes } from './remotes.js';
import { isWithinShare } from './shares.js';

/** Counts the connections for which no row is left. It is no flow and is not reported: the clients are several. */
export const SPILL_ROW = 0;

/** The part of the rows that one client may have, and the least. Beyond that it has one flow at each listener. */
const SHARE_OF_ROWS = 1 / 8;
const LEAST_ROWS = 32;

/** The number of no flow: of a connection in the spill row, which is not captured because its client is not known. */
export const NO_FLOW = 0;

/** A listener, as far as flows are concerned. New connections may enter the flows that it has, by their keys. */
export interface FlowOwner {
  readonly id: number;
  readonly flows: Map<string, Flow>;
}

/**
 * What is counted together: the connections of one listener with the same client and the same server behind its
 * upstream. A flow has a row of counters of its own, which the main thread learns of before anything is in it.
 */
export class Flow {
  connections = 0;
  /** No connection enters it any more; it ends with its last one. */
  isClosing = false;

  constructor(
    /** What its records carry: no other flow of the process has it. */
    readonly number: number,
    readonly listener: FlowOwner,
    readonly key: string,
    readonly row: number,
    readonly client: Remote | undefined,
    readonly server: Remote | undefined,
    /** It has all of the client's connections for which no row is left. */
    readonly isOverflow: boolean,
  ) {}
}

/**
 * Leads each connection into its flow.
 *
 *   client ──┐
 *   listener ──► flow ──► row ──► (main thread) series of socket, container and scope
 *   server ──┘
 *
 * Rows are this thread's own. The row of an ended flow comes back by `free`, once the main thread has kept its counters.
 */
export class Flows {
  readonly #table: ConnectionTable;
  readonly #counters: Float64Array;
  readonly #remotes: Remotes;
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
    remotes: Remotes,
    numbers: FlowNumbers,
    report: (report: RelayReport) => void,
  ) {
    const rows = counters.length / ROW_WIDTH;
    this.#table = table;
    this.#counters = counters;
    this.#remotes = remotes;
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

  /** A connection is counted from now on. `client`, `server`: undefined when not known, or not needed. */
  enter(slot: number, listener: FlowOwner, client: Remote | undefined, server: Remote | undefined): void {
    const key = `${client?.number} ${server?.number}`;
    const flow = listener.flows.get(key) ?? this.#openFor(listener, key, client, server);
    const row = (flow?.row ?? SPILL_ROW) * ROW_WIDTH;
    if (flow !== undefined) flow.connections++;
    // The row may be one of others, or of no known client.
    this.#forgetUnused(client, server);
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

  /** Lets no connection enter the flow of a row any more. Reports its end when the last one has left. */
  close(row: number): void {
    const flow = this.#byRow[row];
    if (flow !== undefined) this.#close(flow);
  }

  closeAllOf(listener: FlowOwner): void {
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
    listener: FlowOwner,
    key: string,
    client: Remote | undefined,
    server: Remote | undefined,
  ): Flow | undefined {
    if (client === undefined || this.#mayTakeRow(client.clientKey)) {
      return this.#open(listener, key, client, server, false);
    }
    const overflowKey = `overflow ${client.clientKey}`;
    return listener.flows.get(overflowKey) ?? this.#open(listener, overflowKey, client, server, true);
  }

  #mayTakeRow(client: string): boolean {
    const held = this.#rowsOf.get(client) ?? 0;
    const limit = Math.max(LEAST_ROWS, this.#byRow.length * SHARE_OF_ROWS);
    return held < limit && isWithinShare(held, this.#freeRows.length);
  }

  #open(
    listener: FlowOwner,
    key: string,
    client: Remote | undefined,
    server: Remote | undefined,
    isOverflow: boolean,
  ): Flow | undefined {
    const row = this.#freeRows.pop();
    if (row === undefined) return undefined;
    const flow = new Flow(this.#numbers.next(), listener, key, row, client, server, isOverflow);
    listener.flows.set(key, flow);
    this.#byRow[row] = flow;
    this.#countRow(flow, 1);
    if (client !== undefined) client.users++;
    if (server !== undefined) server.users++;
    const { number } = flow;
    const report = { type: 'flow', listener: listener.id, row, number, server: server?.snapshot } as const;
    this.#report({ ...report, client: client?.snapshot, ...(isOverflow ? { isOverflow } : {}) });
    return flow;
  }

  #countRow({ client, isOverflow }: Flow, change: 1 | -1): void {
    if (client === undefined || isOverflow) return;
    const held = (this.#rowsOf.get(client.clientKey) ?? 0) + change;
    if (held > 0) this.#rowsOf.set(client.clientKey, held);
    else this.#rowsOf.delete(client.clientKey);
  }

  #close(flow: Flow): void {
    if (flow.isClosing) return;
    flow.isClosing = true;
    flow.listener.flows.delete(flow.key);
    // The next client is a new one, even under the same name.
    if (flow.client !== undefined) flow.client.users--;
    if (flow.server !== undefined) flow.server.users--;
    this.#forgetUnused(flow.client, flow.server);
    if (flow.connections === 0) this.#end(flow);
  }

  #forgetUnused(client: Remote | undefined, server: Remote | undefined): void {
    if (client?.users === 0) this.#remotes.forget(client);
    if (server?.users === 0) this.#remotes.forget(server);
  }

  #end(flow: Flow): void {
    this.#byRow[flow.row] = undefined;
    this.#countRow(flow, -1);
    this.#report({ type: 'flow_ended', listener: flow.listener.id, row: flow.row });
  }
}
