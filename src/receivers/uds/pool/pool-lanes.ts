import type { Evidence } from '../../../identity/evidence.js';
import { CLOSED, counterRow, errorColumn, OPENED } from '../counters.js';
import { SPILL_ROW } from '../relay/lanes.js';
import type { RelayReport } from '../relay/messages.js';
import type { RelayThread } from './relay-thread.js';

/** A lane of one thread: connections of one listener with one peer, counted in one row. */
export interface PoolLane {
  readonly thread: number;
  readonly row: number;
  readonly counters: Float64Array;
  readonly listener: number;
  /** It has all of its peer's client that find no row of their own. */
  readonly isOverflow: boolean;
}

/** What becomes of a listener's lanes. All of it is heard before the listener has ended. */
export interface LaneEvents {
  opened(lane: PoolLane, peer: Evidence | undefined, upstream: Evidence | undefined): void;
  /** Its records carry this number from now on. */
  source(lane: PoolLane, source: number, registration: number): void;
  /** Its counters are final, and will be gone when this returns. */
  ended(lane: PoolLane): void;
}

type LaneReport = Extract<RelayReport, { type: 'lane' | 'source' | 'lane_ended' }>;

/** The lanes of a pool's threads. */
export class PoolLanes {
  readonly #threads: readonly RelayThread[];
  /** By thread, and in it by row. */
  readonly #lanes: Map<number, PoolLane>[] = [];

  constructor(threads: readonly RelayThread[]) {
    this.#threads = threads;
  }

  /** A thread has something to say of a lane. `events`: of its listener, unless that is forgotten. */
  hear(thread: number, report: LaneReport, events: LaneEvents | undefined): void {
    const lanes = this.#of(thread);
    if (report.type === 'lane') {
      const counters = counterRow(this.#threads[thread].counters, report.row);
      const { row, listener, isOverflow = false } = report;
      const lane = { thread, row, counters, listener, isOverflow };
      lanes.set(report.row, lane);
      events?.opened(lane, report.peer, report.upstream);
      return;
    }
    const lane = lanes.get(report.row);
    if (report.type === 'source') {
      if (lane !== undefined) events?.source(lane, report.source, report.registration);
      return;
    }
    lanes.delete(report.row);
    if (lane !== undefined) events?.ended(lane);
    this.#threads[thread].send({ type: 'free_rows', rows: [report.row] });
  }

  /** A thread has ended before its time: so have its connections, and its lanes. */
  endAll(thread: number, eventsOf: (listener: number) => LaneEvents | undefined): void {
    const { counters } = this.#threads[thread];
    endConnections(counterRow(counters, SPILL_ROW));
    for (const lane of this.#of(thread).values()) {
      endConnections(lane.counters);
      eventsOf(lane.listener)?.ended(lane);
    }
    this.#of(thread).clear();
  }

  /** Has a lane end with its last connection. */
  close(lane: PoolLane): void {
    const { thread, row } = lane;
    // Its row may have passed to another.
    if (this.#of(thread).get(row) === lane) this.#threads[thread].send({ type: 'close_lane', row });
  }

  #of(thread: number): Map<number, PoolLane> {
    this.#lanes[thread] ??= new Map();
    return this.#lanes[thread];
  }
}

/** Counts the connections that are left of a row as lost. */
function endConnections(row: Float64Array): void {
  row[errorColumn('_OTHER')] += row[OPENED] - row[CLOSED];
  row[CLOSED] = row[OPENED];
}
