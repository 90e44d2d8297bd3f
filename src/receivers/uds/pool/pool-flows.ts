import type { ProcessSnapshot } from '../../../identity/process-snapshot.js';
import { CLOSED, counterRow, errorColumn, OPENED, UNANSWERED, UNANSWERED_ENDED } from '../counters.js';
import { SPILL_ROW } from '../relay/flows.js';
import type { RelayReport } from '../relay/messages.js';
import type { RelayThread } from './relay-thread.js';

/** A flow of one thread: connections of one listener with the same client and server, counted in one row. */
export interface PoolFlow {
  /** What its records carry. */
  readonly number: number;
  readonly counters: Float64Array;
  /** It has all of its client's connections for which no row was left. */
  readonly isOverflow: boolean;
  /** Ends it with its last connection; the next connection gets a new flow. */
  close(): void;
}

/** Receives what becomes of a listener's flows. Each ends before its listener does. */
export interface FlowEvents {
  /** `client`, `server`: the processes at its ends, undefined if not known or not needed. */
  flowOpened(flow: PoolFlow, client: ProcessSnapshot | undefined, server: ProcessSnapshot | undefined): void;
  /** Its counters are final, and are gone when this returns. */
  flowEnded(flow: PoolFlow): void;
}

/** Connections of a listener on one thread. */
export interface ListenerConnections {
  opened: number;
  open: number;
}

type FlowReport = Extract<RelayReport, { type: 'flow' | 'flow_ended' }>;

interface OpenFlow {
  readonly flow: PoolFlow;
  readonly events: FlowEvents;
}

/** The flows of a pool's threads. */
export class PoolFlows {
  readonly #threads: readonly RelayThread[];
  /** By thread, and in it by row. */
  readonly #open: Map<number, OpenFlow>[] = [];

  constructor(threads: readonly RelayThread[]) {
    this.#threads = threads;
  }

  /** A thread has reported something of a flow of the listener that `events` are of. */
  hear(thread: number, report: FlowReport, events: FlowEvents): void {
    const open = this.#of(thread);
    if (report.type === 'flow') {
      const flow = this.#newFlow(thread, report);
      open.set(report.row, { flow, events });
      events.flowOpened(flow, report.client, report.server);
      return;
    }
    const known = open.get(report.row);
    open.delete(report.row);
    if (known !== undefined) events.flowEnded(known.flow);
    this.#threads[thread].send({ type: 'free_rows', rows: [report.row] });
  }

  /** What each listener's flows on a thread have counted of connections. */
  connections(thread: number): ReadonlyMap<FlowEvents, ListenerConnections> {
    const counts = new Map<FlowEvents, ListenerConnections>();
    for (const { flow, events } of this.#of(thread).values()) {
      const count = counts.get(events) ?? { opened: 0, open: 0 };
      count.opened += flow.counters[OPENED];
      count.open += flow.counters[OPENED] - flow.counters[CLOSED];
      counts.set(events, count);
    }
    return counts;
  }

  /** A thread has ended, and its flows with it. Connections that it still had are counted as lost. */
  endAll(thread: number): void {
    const { counters } = this.#threads[thread];
    endConnections(counterRow(counters, SPILL_ROW));
    for (const { flow, events } of this.#of(thread).values()) {
      endConnections(flow.counters);
      events.flowEnded(flow);
    }
    this.#of(thread).clear();
  }

  #newFlow(thread: number, report: Extract<FlowReport, { type: 'flow' }>): PoolFlow {
    const { row, number, isOverflow = false } = report;
    const flow: PoolFlow = {
      number,
      counters: counterRow(this.#threads[thread].counters, row),
      isOverflow,
      close: () => {
        // Its row may have passed to another.
        if (this.#of(thread).get(row)?.flow === flow) this.#threads[thread].send({ type: 'close_flow', row });
      },
    };
    return flow;
  }

  #of(thread: number): Map<number, OpenFlow> {
    this.#open[thread] ??= new Map();
    return this.#open[thread];
  }
}

/** Counts the connections that are left of a row as lost. */
function endConnections(row: Float64Array): void {
  row[errorColumn('_OTHER')] += row[OPENED] - row[CLOSED];
  row[UNANSWERED_ENDED] = row[UNANSWERED];
  row[CLOSED] = row[OPENED];
}
