import type { FlowGroup, UsageOrder, UsageQuery } from '../../api/usage/query.js';
import { type Direction, RECV, SEND } from '../../protocols/direction.js';
import { RECV_BYTES, SEND_BYTES } from '../../receivers/uds/index.js';
import type { Series } from '../../telemetry/series.js';
import { DurationTotals } from './durations.js';
import type { Ending, Line, Subject } from './subject.js';

/** What a series counts: what is relayed, calls, or bytes of methods. */
export type SeriesKind = 'traffic' | 'calls' | 'bytes';

/** What the lines of a report are. */
export type LineKind = 'method' | FlowGroup;

export interface Visited {
  readonly series: Series;
  readonly kind: SeriesKind;
  readonly subject: Subject;
  readonly ending: Ending;
}

const QUANTILES: ReadonlyMap<UsageOrder, number> = new Map([
  ['p50', 0.5],
  ['p95', 0.95],
  ['p99', 0.99],
]);

const BY_DURATION: ReadonlySet<UsageOrder> = new Set(['mean', ...QUANTILES.keys()]);

const DIRECTIONS = [SEND, RECV] as const;

/** The kinds of series that lines are made of, in the order in which they are to be visited. */
export function kindsOf(lines: LineKind): readonly SeriesKind[] {
  return lines === 'method' ? ['calls', 'bytes'] : ['traffic', 'calls'];
}

/** The lines of one pass over all series, and what they are ordered by. */
export class RankingPass {
  readonly #lines: LineKind;
  readonly #order: UsageOrder;
  readonly #number: number;
  /** In no order. */
  readonly met: Line[] = [];

  /** `number`: that of no pass before. */
  constructor(lines: LineKind, { order }: Pick<UsageQuery, 'order'>, number: number) {
    this.#lines = lines;
    this.#order = order;
    this.#number = number;
  }

  visit(visited: Visited): void {
    for (const direction of DIRECTIONS) {
      const line = lineOf(this.#lines, visited, direction, this.#number);
      if (line !== undefined) this.#add(line, visited, this.#lines === 'method' ? direction : undefined);
    }
  }

  /** To be called for each line behind the last series. */
  finish(line: Line): void {
    const q = QUANTILES.get(this.#order);
    if (q !== undefined) line.rank = line.durations?.quantile(q) ?? 0;
    else if (this.#order === 'mean') line.rank = line.durations?.mean ?? 0;
    line.durations = undefined;
  }

  #add(line: Line, visited: Visited, direction: Direction | undefined): void {
    const { series, kind, subject, ending } = visited;
    this.#meet(line);
    if (kind !== 'calls') {
      const [send, recv] = kind === 'traffic' ? [SEND_BYTES, RECV_BYTES] : [SEND, RECV];
      if (this.#order === 'bytes') line.rank += series.total(send) + series.total(recv);
      return;
    }
    const calls = direction === undefined ? series.total(SEND) + series.total(RECV) : series.total(direction);
    line.calls += calls;
    if (this.#order === 'calls' || this.#order === ending) line.rank += calls;
    if (!BY_DURATION.has(this.#order)) return;
    line.durations ??= new DurationTotals();
    const columns = direction === undefined ? subject.allColumns : subject.columns[direction];
    for (const each of columns) line.durations.add(series, each);
  }

  #meet(line: Line): void {
    if (line.pass === this.#number) return;
    line.pass = this.#number;
    line.rank = 0;
    line.calls = 0;
    this.met.push(line);
  }
}

/**
 * The line that a series is counted in for requests in one direction; undefined: none. Lines of flows have both, and are told for the
 * first. `pass`: the number of the pass that has met the calls.
 */
export function lineOf(
  lines: LineKind,
  { series, kind, subject }: Visited,
  direction: Direction,
  pass: number,
): Line | undefined {
  if (lines !== 'method') return direction === SEND ? subject.groups[lines] : undefined;
  const line = subject.methods[direction];
  if (kind === 'calls') return series.total(direction) > 0 ? line : undefined;
  // Bytes are not counted by which end has called: they are told with the calls of the container, if it has any.
  return line === subject.methods.find((each) => each.pass === pass && each.calls > 0) ? line : undefined;
}
