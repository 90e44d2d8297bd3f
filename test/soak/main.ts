/**
 * `npm run soak -- [--minutes 30] [--seed N] [--types stream,…]`: mixed load on one agent, and what it uses of memory, descriptors, threads and
 * series meanwhile. Ends with 1 if one of them is not flat after the warm-up, or anything was wrong.
 */
import { argv, exit, stdout } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { OtlpReceiver } from '../exporters/support/otlp-receiver.js';
import { KINDS, type Kind } from '../faults/conversations/plan.js';
import { Cleanup } from '../support/cleanup.js';
import { QUANTITIES, type Sample, SoakAgent } from './agent.js';
import { judge, type Verdict } from './flatness.js';
import { Load } from './load.js';

const DESCRIPTORS = true;

/** So many samples are taken, as far as they are not too close; one of so many is of heaps. */
const SAMPLES = 120;
const SAMPLE_MS_MIN = 1_000;
const HEAPS_EVERY = 4;
/** Rows of the table. */
const SHOWN = 15;

/** What is full after so long is full: caches, the events that are remembered, the young generation of each heap. */
const WARM_UP = { part: 1 / 3, secondsMin: 60, secondsMax: 300, partMax: 1 / 2 };

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    types: { type: 'string', default: KINDS.join(',') },
  },
});
const seconds = Number(values.minutes) * 60;
const seed = Number(values.seed);
const kinds = values.types.split(',') as Kind[];
if (!(seconds > 0) || !Number.isSafeInteger(seed) || !kinds.every((kind) => KINDS.includes(kind))) {
  stdout.write(`usage: npm run soak -- [--minutes 30] [--seed N] [--types ${KINDS.join(',')}]\n`);
  exit(2);
}

const { part, secondsMin, secondsMax, partMax } = WARM_UP;
const warmUp = Math.min(Math.max(secondsMin, Math.min(secondsMax, part * seconds)) / seconds, partMax);

const cleanup = new Cleanup();
let hasFailed = true;
try {
  hasFailed = await soak();
} finally {
  await cleanup.run();
}
exit(hasFailed ? 1 : 0);

/** Whether something was wrong. */
async function soak(): Promise<boolean> {
  const receiver = new OtlpReceiver();
  await receiver.listen();
  const endpoint = receiver.url;
  cleanup.defer(() => receiver.close());
  const agent = await SoakAgent.start(cleanup, { kinds, endpoint });
  const before = await agent.settled();
  const load = new Load(cleanup, agent, kinds, seed, DESCRIPTORS);
  const ending = new AbortController();
  const running = agent.explain(load.run(ending.signal));
  // What fails while samples are taken is thrown at the end.
  running.catch(() => ending.abort());
  const samples: Sample[] = [];
  const failures: string[] = [];
  let pushes = 0;
  const everyMs = Math.max(SAMPLE_MS_MIN, (seconds * 1000) / SAMPLES);
  const startMs = performance.now();
  for (let i = 1; i * everyMs <= seconds * 1000 && !ending.signal.aborted; i++) {
    await sleep(Math.max(0, startMs + i * everyMs - performance.now()));
    samples.push(await agent.explain(agent.sample(i % HEAPS_EVERY === 0)));
    failures.push(...agent.complaints());
    pushes += receiver.requests.splice(0).length;
  }
  // It throws if the load has failed.
  if (ending.signal.aborted) await running;
  if (load.traffics.some(({ isOver }) => isOver)) failures.push('conversations ended before the soak did');
  ending.abort();
  await running;
  failures.push(...load.traffics.flatMap((traffic) => traffic.failures(false)), ...agent.complaints());
  const { held, isLeft } = await agent.rest(before);
  if (isLeft) failures.push(`left when all is over: ${await agent.describeHeld()}`);
  if (pushes === 0) failures.push('nothing was pushed');
  const connections = load.traffics.reduce((sum, traffic) => sum + traffic.clients().connections, 0);
  const { containers, scrapes, reloads } = load.counts;
  stdout.write(
    `${seconds} s, seed ${seed}: connections ${connections}, containers ${containers}, scrapes ${scrapes}, reloads ${reloads}, pushes ${pushes}\n`,
  );
  stdout.write(`errors counted: ${await agent.describeErrors()}\n\n`);
  printSamples(samples, everyMs);
  const verdicts = judgeAll(samples);
  printVerdicts(verdicts);
  const judgedHours = (seconds * (1 - warmUp)) / 3600;
  const [{ allowed }] = verdicts;
  stdout.write(
    `in this time, growth of resident memory by less than ${(allowed / judgedHours).toFixed(0)} MiB an hour is taken for flat\n`,
  );
  stdout.write(
    `descriptors: ${before.descriptors} before the load, ${held.descriptors} when all was over; threads: ${before.threads}, ${held.threads}\n`,
  );
  failures.push(...verdicts.filter(({ isFlat }) => !isFlat).map(({ name }) => `not flat: ${name}`));
  for (const failure of failures.slice(0, SHOWN)) stdout.write(`WRONG ${failure}\n`);
  if (failures.length > SHOWN) stdout.write(`WRONG and ${failures.length - SHOWN} more\n`);
  return failures.length > 0;
}

function judgeAll(samples: readonly Sample[]): Verdict[] {
  return Object.entries(QUANTITIES).map(([name, bounds]) => {
    const values = samples
      .map((sample) => sample[name as keyof Sample])
      .filter((value) => !Number.isNaN(value));
    return judge({ name, ...bounds, values, warmUp });
  });
}

/** A table in Markdown, as the next one. */
function printSamples(samples: readonly Sample[], everyMs: number): void {
  const names = Object.keys(QUANTITIES) as (keyof Sample)[];
  const step = Math.max(1, Math.ceil(samples.length / SHOWN / HEAPS_EVERY)) * HEAPS_EVERY;
  printHead(['s', ...names]);
  for (let i = step - 1; i < samples.length; i += step) {
    const at = (((i + 1) * everyMs) / 1000).toFixed(0);
    printRow([at, ...names.map((name) => shown(name, samples[i][name]))]);
  }
  stdout.write('\n');
}

function printVerdicts(verdicts: readonly Verdict[]): void {
  printHead(['after the warm-up', 'first', 'last', 'most', 'grows by', 'of', '']);
  for (const { name, first, last, most, growth, allowed, isFlat } of verdicts) {
    const figures = [first, last, most, growth, allowed].map((value) => shown(name, value));
    printRow([name, ...figures, isFlat ? 'flat' : '**not flat**']);
  }
  stdout.write('\n');
}

function shown(name: string, value: number): string {
  return value.toFixed(name.endsWith('MiB') ? 1 : 0);
}

function printHead(cells: readonly string[]): void {
  printRow(cells);
  printRow(cells.map((_, i) => (i === 0 ? '---' : '--:')));
}

function printRow(cells: readonly string[]): void {
  stdout.write(`| ${cells.join(' | ')} |\n`);
}
