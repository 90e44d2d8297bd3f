import type { FlowGroup, UsageCursor, UsagePage, UsageQuery } from '../../api/usage/query.js';
import type { FlowUsage, MethodUsage } from '../../api/usage/schema.js';
import { Serial } from '../../async/serial.js';
import { Slices } from '../../async/slices.js';
import { type Direction, RECV, SEND } from '../../protocols/direction.js';
import type { Series } from '../../telemetry/series.js';
import type { SeriesTable } from '../../telemetry/series-table.js';
import { Best } from './best.js';
import { kindsOf, type LineKind, lineOf, RankingPass, type SeriesKind, type Visited } from './pass.js';
import { type Ending, endingOf, type Line, type Subject, Subjects } from './subject.js';
import { Totals } from './totals.js';

/** The tables of one receiver. */
export type UsageTables = Readonly<Record<SeriesKind, SeriesTable>>;

/** How long what is read of attributes is kept when nobody asks, in ms. */
const KEEP_MS = 60_000;

/** Subjects that may have no series any more. */
const FEW_SUBJECTS = 1024;

interface Described {
  readonly subject: Subject;
  readonly ending: Ending;
}

interface Page {
  readonly lines: readonly Line[];
  readonly total: number;
  readonly next: UsageCursor | undefined;
  readonly totals: ReadonlyMap<Line, Totals>;
}

/**
 * Who calls what, added up of the series of all receivers. There may be very many: a first pass over them finds the lines of the
 * page, a second adds up what these have. Neither keeps anything for each line that is not shown but what it is ordered by, and the thread does
 * other things in between. Passes follow one another, since each leaves its numbers in the lines.
 */
export class UsageReport {
  readonly #tables: () => Iterable<UsageTables>;
  readonly #passes = new Serial();
  #subjects = new Subjects();
  #described = new WeakMap<Series, Described>();
  #pass = 0;
  #forgetting: NodeJS.Timeout | undefined;

  /** `tables`: those of the receivers that run at the moment. */
  constructor(tables: () => Iterable<UsageTables>) {
    this.#tables = tables;
  }

  /** Methods of a container on a socket. @throws Error when the signal says that nobody waits for it any more */
  async methods(query: UsageQuery, signal: AbortSignal): Promise<UsagePage<MethodUsage>> {
    const { lines, totals, ...page } = await this.#page('method', query, signal);
    const entries = lines.map((line) => {
      const { subject } = line;
      return totals.get(line)!.methodUsage(subject, line === subject.methods[SEND] ? SEND : RECV);
    });
    return { ...page, entries };
  }

  /** What is relayed of a container, on a socket, or both. @throws as `methods` */
  async flows(group: FlowGroup, query: UsageQuery, signal: AbortSignal): Promise<UsagePage<FlowUsage>> {
    const { lines, totals, ...page } = await this.#page(group, query, signal);
    const shows = { client: group !== 'socket', socket: group !== 'container' };
    const entries = lines.map((line) => totals.get(line)!.flowUsage(line.subject, shows));
    return { ...page, entries };
  }

  #page(kind: LineKind, query: UsageQuery, signal: AbortSignal): Promise<Page> {
    return this.#passes.run(async () => {
      signal.throwIfAborted();
      this.#forgetLater();
      const number = ++this.#pass;
      const ranking = new RankingPass(kind, query, number);
      const visit = { kind, filter: query.filter, signal };
      const subjects = await this.#visit({ ...visit, number }, (visited) => ranking.visit(visited));
      const page = await firstLines(ranking, query, signal);
      const totals = new Map(page.lines.map((line) => [line, new Totals()]));
      await this.#visit({ ...visit, number: ++this.#pass }, (visited) => {
        for (const direction of [SEND, RECV] as const) {
          const line = lineOf(kind, visited, direction, number);
          const sums = line && totals.get(line);
          if (sums !== undefined) addTo(sums, visited, kind === 'method' ? direction : undefined);
        }
      });
      if (this.#subjects.size > 2 * subjects + FEW_SUBJECTS) this.#forget();
      return { ...page, totals };
    });
  }

  /** Visits the series that the filter wants. Returns how many subjects there are in all. */
  async #visit(
    {
      kind: lines,
      filter,
      signal,
      number,
    }: Pick<UsageQuery, 'filter'> & { kind: LineKind; signal: AbortSignal; number: number },
    visit: (visited: Visited) => void,
  ): Promise<number> {
    const slices = new Slices(signal);
    let subjects = 0;
    for (const kind of kindsOf(lines)) {
      for (const tables of this.#tables()) {
        for (const series of tables[kind].all()) {
          const { subject, ending } = this.#describe(series);
          if (subject.pass !== number) {
            subject.pass = number;
            subject.isWanted = filter?.(subject) ?? true;
            subjects++;
          }
          if (subject.isWanted) visit({ series, kind, subject, ending });
          const pause = slices.pause();
          if (pause !== undefined) await pause;
        }
      }
    }
    return subjects;
  }

  #describe(series: Series): Described {
    const known = this.#described.get(series);
    if (known !== undefined) return known;
    const described = { subject: this.#subjects.of(series), ending: endingOf(series.attributes) };
    this.#described.set(series, described);
    return described;
  }

  #forgetLater(): void {
    clearTimeout(this.#forgetting);
    this.#forgetting = setTimeout(() => this.#forget(), KEEP_MS).unref();
  }

  #forget(): void {
    this.#subjects = new Subjects();
    this.#described = new WeakMap();
  }
}

async function firstLines(
  ranking: RankingPass,
  { limit, after }: UsageQuery,
  signal: AbortSignal,
): Promise<Omit<Page, 'totals'>> {
  const best = new Best<Line>(limit, compare);
  const slices = new Slices(signal);
  let left = 0;
  let total = 0;
  for (const line of ranking.met) {
    ranking.finish(line);
    total++;
    if (after === undefined || compare(line, after) > 0) {
      left++;
      best.add(line);
    }
    const pause = slices.pause();
    if (pause !== undefined) await pause;
  }
  const lines = best.items();
  const last = lines.at(-1);
  const isLast = last === undefined || left <= lines.length;
  return { lines, total, next: isLast ? undefined : { rank: last.rank, key: last.key } };
}

/** The largest first; those that are alike by name. */
function compare(a: UsageCursor, b: UsageCursor): number {
  if (a.rank !== b.rank) return b.rank - a.rank;
  if (a.key === b.key) return 0;
  return a.key < b.key ? -1 : 1;
}

function addTo(
  sums: Totals,
  { series, kind, subject, ending }: Visited,
  direction: Direction | undefined,
): void {
  if (kind === 'calls') sums.addCalls(series, ending, subject, direction);
  else if (kind === 'bytes') sums.addBytes(series);
  else sums.addTraffic(series);
}
