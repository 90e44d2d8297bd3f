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

/** Is called for each series, with what its attributes say. There are very many: nothing is allocated for one. */
export type Visit = (series: Series, kind: SeriesKind, subject: Subject, ending: Ending) => void;

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

  readonly visit: Visit = (series, kind, subject, ending) => {
    if (this.#lines !== 'method') {
      this.#add(subject.groups[this.#lines], undefined, series, kind, subject, ending);
      return;
    }
    for (const direction of DIRECTIONS) {
      const line = subject.methods[direction];
      const isOfLine =
        kind === 'calls' ? series.total(direction) > 0 : line === bytesLineOf(subject, this.#number);
      if (isOfLine) this.#add(line, direction, series, kind, subject, ending);
    }
  };

  /** To be called for each line behind the last series. */
  finish(line: Line): void {
    const q = QUANTILES.get(this.#order);
    if (q !== undefined) line.rank = line.durations?.quantile(q) ?? 0;
    else if (this.#order === 'mean') line.rank = line.durations?.mean ?? 0;
    line.durations = undefined;
  }

  #add(
    line: Line,
    direction: Direction | undefined,
    series: Series,
    kind: SeriesKind,
    subject: Subject,
    ending: Ending,
  ): void {
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
 * The line of a method that its bytes are told with. They are not counted by which end has called: it is the container, if that has.
 * `pass`: the number of the pass that has met its calls.
 */
export function bytesLineOf({ methods: [ofContainer, ofUpstream] }: Subject, pass: number): Line | undefined {
  if (ofContainer.pass === pass && ofContainer.calls > 0) return ofContainer;
  return ofUpstream.pass === pass && ofUpstream.calls > 0 ? ofUpstream : undefined;
}
