import type { ProcessSnapshot } from '../../../identity/process-snapshot.js';
import { CLOSED, counterRow, errorColumn, OPENED } from '../counters.js';
import { SPILL_ROW } from '../relay/flows.js';
import type { RelayReport } from '../relay/messages.js';
import type { RelayThread } from './relay-thread.js';

/** A flow of one thread: connections of one listener with one peer, counted in one row. */
export interface PoolFlow {
  readonly thread: number;
  readonly row: number;
  /** What its records carry. */
  readonly number: number;
  readonly counters: Float64Array;
  readonly listener: number;
  /** It has all of its peer's client that find no row of their own. */
  readonly isOverflow: boolean;
}

/** What becomes of a listener's flows. All of it is heard before the listener has ended. */
export interface FlowEvents {
  opened(flow: PoolFlow, peer: ProcessSnapshot | undefined, upstream: ProcessSnapshot | undefined): void;
  /** Its counters are final, and will be gone when this returns. */
  ended(flow: PoolFlow): void;
}

type FlowReport = Extract<RelayReport, { type: 'flow' | 'flow_ended' }>;

/** The flows of a pool's threads. */
export class PoolFlows {
  readonly #threads: readonly RelayThread[];
  /** By thread, and in it by row. */
  readonly #flows: Map<number, PoolFlow>[] = [];

  constructor(threads: readonly RelayThread[]) {
    this.#threads = threads;
  }

  /** A thread has something to say of a flow. `events`: of its listener, unless that is forgotten. */
  hear(thread: number, report: FlowReport, events: FlowEvents | undefined): void {
    const flows = this.#of(thread);
    if (report.type === 'flow') {
      const counters = counterRow(this.#threads[thread].counters, report.row);
      const { row, number, listener, isOverflow = false } = report;
      const flow = { thread, row, number, counters, listener, isOverflow };
      flows.set(report.row, flow);
      events?.opened(flow, report.peer, report.upstream);
      return;
    }
    const flow = flows.get(report.row);
    flows.delete(report.row);
    if (flow !== undefined) events?.ended(flow);
    this.#threads[thread].send({ type: 'free_rows', rows: [report.row] });
  }

  /** A thread has ended before its time: so have its connections, and its flows. */
  endAll(thread: number, eventsOf: (listener: number) => FlowEvents | undefined): void {
    const { counters } = this.#threads[thread];
    endConnections(counterRow(counters, SPILL_ROW));
    for (const flow of this.#of(thread).values()) {
      endConnections(flow.counters);
      eventsOf(flow.listener)?.ended(flow);
    }
    this.#of(thread).clear();
  }

  /** Has a flow end with its last connection. */
  close(flow: PoolFlow): void {
    const { thread, row } = flow;
    // Its row may have passed to another.
    if (this.#of(thread).get(row) === flow) this.#threads[thread].send({ type: 'close_flow', row });
  }

  #of(thread: number): Map<number, PoolFlow> {
    this.#flows[thread] ??= new Map();
    return this.#flows[thread];
  }
}

/** Counts the connections that are left of a row as lost. */
function endConnections(row: Float64Array): void {
  row[errorColumn('_OTHER')] += row[OPENED] - row[CLOSED];
  row[CLOSED] = row[OPENED];
}
