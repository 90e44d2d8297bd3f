import type { FlowGroup, UsageCursor, UsagePage, UsageQuery } from '../../api/usage/query.js';
import type { FlowUsage, MethodUsage } from '../../api/usage/schema.js';
import { Serial } from '../../async/serial.js';
import { Slices } from '../../async/slices.js';
import { RECV, SEND } from '../../protocols/direction.js';
import type { Series } from '../../telemetry/series.js';
import type { SeriesTable } from '../../telemetry/series-table.js';
import { Best } from './best.js';
import { kindsOf, type LineKind, RankingPass, type SeriesKind, type Visit } from './pass.js';
import { type Ending, endingOf, type Line, type Subject, Subjects } from './subject.js';
import { SummingPass } from './summing-pass.js';
import { type TalliedFlow, TallyPass } from './tally-pass.js';

/** The tables of one receiver. */
export type UsageTables = Readonly<Record<SeriesKind, SeriesTable>>;

/** How long what is read of attributes is kept when nobody asks, in ms. */
const KEEP_MS = 60_000;

/** Of work that nobody waits for. */
const FOREVER = new AbortController().signal;

/** Subjects that may have no series any more. */
const FEW_SUBJECTS = 1024;

/** What the attributes of a series say. */
class Description {
  constructor(
    readonly subject: Subject,
    readonly ending: Ending,
    /** Where its subject is. */
    readonly subjects: Subjects,
  ) {}
}

interface Page {
  readonly lines: readonly Line[];
  readonly total: number;
  readonly next: UsageCursor | undefined;
  readonly sums: SummingPass;
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
  #pass = 0;
  #forgetting: NodeJS.Timeout | undefined;

  /** `tables`: those of the receivers that run at the moment. */
  constructor(tables: () => Iterable<UsageTables>) {
    this.#tables = tables;
  }

  /** Methods of a container on a socket. @throws Error when the signal says that nobody waits for it any more */
  async methods(query: UsageQuery, signal: AbortSignal): Promise<UsagePage<MethodUsage>> {
    const { lines, sums, ...page } = await this.#page('method', query, signal);
    const entries = lines.map((line) => {
      const { subject } = line;
      return sums.totalsOf(line).methodUsage(subject, line === subject.methods[SEND] ? SEND : RECV);
    });
    return { ...page, entries };
  }

  /** What is relayed of a container, on a socket, or both. @throws as `methods` */
  async flows(group: FlowGroup, query: UsageQuery, signal: AbortSignal): Promise<UsagePage<FlowUsage>> {
    const { lines, sums, ...page } = await this.#page(group, query, signal);
    const shows = { client: group !== 'socket', socket: group !== 'container' };
    const entries = lines.map((line) => sums.totalsOf(line).flowUsage(line.subject, shows));
    return { ...page, entries };
  }

  /**
   * What each container has counted on each socket. It holds until this is called again.
   *
   * @throws as `methods`
   */
  tally(signal: AbortSignal): Promise<readonly TalliedFlow[]> {
    return this.#passes.run(async () => {
      signal.throwIfAborted();
      this.#forgetLater();
      const number = ++this.#pass;
      const pass = new TallyPass(number);
      const subjects = await this.#visit({ kind: 'flow', filter: undefined, signal, number }, pass.visit);
      this.#forgetEnded(subjects);
      return pass.met;
    });
  }

  #page(kind: LineKind, query: UsageQuery, signal: AbortSignal): Promise<Page> {
    return this.#passes.run(async () => {
      signal.throwIfAborted();
      this.#forgetLater();
      const number = ++this.#pass;
      const ranking = new RankingPass(kind, query, number);
      const what = { kind, filter: query.filter, signal };
      const subjects = await this.#visit({ ...what, number }, ranking.visit);
      const page = await firstLines(ranking, query, signal);
      const sums = new SummingPass(kind, page.lines, number);
      try {
        await this.#visit({ ...what, number: ++this.#pass }, sums.visit);
      } finally {
        sums.end();
      }
      this.#forgetEnded(subjects);
      return { ...page, sums };
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
    visit: Visit,
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
          if (subject.isWanted) visit(series, kind, subject, ending);
          const pause = slices.pause();
          if (pause !== undefined) await pause;
        }
      }
    }
    return subjects;
  }

  #describe(series: Series): Description {
    const { note } = series;
    if (note instanceof Description && note.subjects === this.#subjects) return note;
    const { attributes } = series;
    const description = new Description(this.#subjects.of(series), endingOf(attributes), this.#subjects);
    series.note = description;
    return description;
  }

  /** `subjects`: how many of them have series. */
  #forgetEnded(subjects: number): void {
    if (this.#subjects.size > 2 * subjects + FEW_SUBJECTS) this.#subjects = new Subjects();
  }

  #forgetLater(): void {
    clearTimeout(this.#forgetting);
    this.#forgetting = setTimeout(() => void this.#passes.run(() => this.#forget()), KEEP_MS).unref();
  }

  async #forget(): Promise<void> {
    this.#subjects = new Subjects();
    const slices = new Slices(FOREVER);
    for (const tables of this.#tables()) {
      for (const table of Object.values(tables)) {
        for (const series of table.all()) {
          series.note = undefined;
          const pause = slices.pause();
          if (pause !== undefined) await pause;
        }
      }
    }
  }
}

async function firstLines(
  ranking: RankingPass,
  { limit, after }: UsageQuery,
  signal: AbortSignal,
): Promise<Omit<Page, 'sums'>> {
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
