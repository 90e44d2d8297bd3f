import { type Direction, RECV, SEND } from '../../protocols/direction.js';
import type { Series } from '../../telemetry/series.js';
import { bytesLineOf, type LineKind, type SeriesKind, type Visit } from './pass.js';
import type { Ending, Line, Subject } from './subject.js';
import { Totals } from './totals.js';

const DIRECTIONS = [SEND, RECV] as const;

/** All that the lines of a page have. Most series are of other lines, and cost next to nothing. */
export class SummingPass {
  readonly #lines: LineKind;
  readonly #ranked: number;
  readonly #totals: ReadonlyMap<Line, Totals>;

  /** `ranked`: the number of the pass that has found the lines. */
  constructor(lines: LineKind, shown: readonly Line[], ranked: number) {
    this.#lines = lines;
    this.#ranked = ranked;
    this.#totals = new Map(shown.map((line) => [line, new Totals()]));
    for (const line of shown) line.isShown = true;
  }

  readonly visit: Visit = (series, kind, subject, ending) => {
    if (this.#lines !== 'method') {
      const line = subject.groups[this.#lines];
      if (line.isShown) this.#add(line, undefined, series, kind, subject, ending);
      return;
    }
    for (const direction of DIRECTIONS) {
      const line = subject.methods[direction];
      if (line.isShown && (kind === 'calls' || line === bytesLineOf(subject, this.#ranked)))
        this.#add(line, direction, series, kind, subject, ending);
    }
  };

  totalsOf(line: Line): Totals {
    return this.#totals.get(line)!;
  }

  /** To be called at last: the lines may not be shown the next time. */
  end(): void {
    for (const line of this.#totals.keys()) line.isShown = false;
  }

  #add(
    line: Line,
    direction: Direction | undefined,
    series: Series,
    kind: SeriesKind,
    subject: Subject,
    ending: Ending,
  ): void {
    const totals = this.totalsOf(line);
    if (kind === 'calls') totals.addCalls(series, ending, subject, direction);
    else if (kind === 'bytes') totals.addBytes(series);
    else totals.addTraffic(series);
  }
}
