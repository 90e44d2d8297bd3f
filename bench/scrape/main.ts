/**
 * How long it takes to make the page of a scrape, without and with gzip, beside the SDK's serializer: the
 * whole time, the longest time nothing else could run on the thread, and the memory two scrapes at once take.
 * Run it with `node --expose-gc dist/bench/scrape/main.js`; it takes some minutes.
 */
import type { SeriesTable } from '../../src/telemetry/series-table.js';
import { median } from '../measure/statistics.js';
import { alignedTable } from '../report/table.js';
import { type Contestant, collecting, own, ownOpenMetrics, ownWithScope, stock } from './contestants.js';
import { callTable, relayTable } from './tables.js';
import { type Watched, watchMemory, watchTime } from './watch.js';

const WARM_UPS = 2;
const ROUNDS = 7;
const MEMORY_ROUNDS = 3;
const MIB = 2 ** 20;

interface Result {
  contestant: Contestant;
  samples: Watched[];
  peaks: number[];
  pageBytes: number;
}

/**
 * Contestants do not take turns as they do elsewhere: the faster one would have to collect the garbage of the slower
 * one, a gigabyte, which takes far more time than machines vary by.
 */
async function measure(contestant: Contestant, isZipped: boolean): Promise<Result> {
  const result: Result = { contestant, samples: [], peaks: [], pageBytes: 0 };
  const scrape = () => contestant.scrape(isZipped);
  global.gc?.();
  for (let i = 0; i < WARM_UPS; i++) result.pageBytes = await scrape();
  for (let i = 0; i < ROUNDS; i++) result.samples.push(await watchTime(scrape));
  for (let i = 0; i < MEMORY_ROUNDS; i++) {
    result.peaks.push(await watchMemory(() => Promise.all([scrape(), scrape()])));
  }
  return result;
}

async function measureAll(contestants: readonly Contestant[], isZipped: boolean): Promise<Result[]> {
  const results: Result[] = [];
  for (const contestant of contestants) results.push(await measure(contestant, isZipped));
  return results;
}

/** The ratios are to the first of them. */
function rowsOf(what: string, results: readonly Result[]): string[][] {
  const times = results.map(({ samples }) => samples.map(({ ms }) => ms));
  return results.map(({ contestant, samples, peaks, pageBytes }, i) => {
    const blocked = samples.map(({ blockedMs }) => blockedMs);
    return [
      `${what}: ${contestant.name}`,
      median(times[i]).toFixed(1),
      `${Math.min(...times[i]).toFixed(1)}..${Math.max(...times[i]).toFixed(1)}`,
      (median(times[0]) / median(times[i])).toFixed(1),
      median(blocked).toFixed(1),
      Math.max(...blocked).toFixed(1),
      (median(peaks) / MIB).toFixed(0),
      (pageBytes / MIB).toFixed(2),
    ];
  });
}

async function compare(what: string, table: SeriesTable): Promise<string[][]> {
  const udscope = own(table);
  // It finds no cached labels.
  const first = await watchTime(() => udscope.scrape(false));
  const contestants = [stock(table), udscope, ownWithScope(table), ownOpenMetrics(table)];
  return [
    [`${what}: udscope, the first time`, first.ms.toFixed(1), '', '', first.blockedMs.toFixed(1)],
    ...rowsOf(what, await measureAll([...contestants, collecting(table)], false)),
    ...rowsOf(`${what}, gzip`, await measureAll(contestants, true)),
  ];
}

const head = ['', 'ms', 'range', 'times as fast', 'blocked ms', 'at most', 'MiB for two', 'page MiB'];
const subjects: [string, SeriesTable][] = [
  ['10,000 series', relayTable(10_000)],
  ['20,000 series', relayTable(20_000)],
  ['20,000 histograms', callTable(20_000)],
];
for (const [what, table] of subjects) {
  process.stdout.write(`${alignedTable([head, ...(await compare(what, table))])}\n\n`);
}
