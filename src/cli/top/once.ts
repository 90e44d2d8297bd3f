import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { printableJson } from '../../values/printable.js';
import { ControlClient } from '../control/control-client.js';
import { type Column, formatTable } from '../terminal/table.js';
import { terminalWidth } from '../terminal/width.js';
import { meanOf, quantileOf } from './figures.js';
import { type Sample, Sampler } from './sampler.js';
import { arranged, columnsOf, look } from './views.js';
import type { WatchSettings } from './watch.js';

type Settings = Pick<
  WatchSettings,
  'control' | 'choice' | 'view' | 'order' | 'limit' | 'intervalMs' | 'signal'
>;

/** Prints a table of what happens in one interval. @throws CommandError */
export async function printTable(settings: Settings): Promise<void> {
  for await (const { samples } of looks(settings)) {
    const aim = { view: settings.view, scope: {} };
    const columns = columnsOf(aim).filter(({ title }) => title !== 'TREND');
    const shown = columns.map(({ title, width, rank }): Column => {
      return {
        title,
        align: width === undefined ? 'left' : 'right',
        ...(rank === undefined ? {} : { rank }),
      };
    });
    const rows = samples.map((sample) => columns.map(({ text }) => text(sample)));
    process.stdout.write(formatTable(shown, rows, terminalWidth()));
    return;
  }
}

/** Prints what happens as JSON: an object a line for each interval, or for one. @throws CommandError */
export async function printJson(settings: Settings, { isOnce }: { isOnce: boolean }): Promise<void> {
  const { view, signal } = settings;
  for await (const { samples, total, intervalMs } of looks(settings)) {
    const lines = samples.map(jsonOf);
    const line = printableJson({
      timeMs: Date.now(),
      intervalMs: Math.round(intervalMs),
      view,
      total,
      lines,
    });
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain', { signal });
    if (isOnce) return;
  }
}

/** The lines of each interval, in order. */
async function* looks({ control, choice, view, order, limit, intervalMs, signal }: Settings) {
  const client = new ControlClient(control, signal);
  const sampler = new Sampler();
  let lastMs: number | undefined;
  for (;;) {
    const seen = await look(client, { view, scope: {}, order }, choice);
    const samples = sampler.next(seen);
    if (lastMs !== undefined) {
      const wanted = arranged(samples, { order, isReversed: false }).slice(0, limit);
      yield { samples: wanted, total: seen.total, intervalMs: seen.atMs - lastMs };
    }
    lastMs = seen.atMs;
    await sleep(intervalMs, undefined, { signal });
  }
}

function jsonOf({ json, counts, rates, interval }: Sample) {
  return { ...json, counts, ...(rates === undefined ? {} : { rates }), ...durationsOf(interval) };
}

function durationsOf(interval: Sample['interval']) {
  const meanMs = meanOf(interval);
  if (interval === undefined || meanMs === undefined) return {};
  const [p50Ms, p95Ms, p99Ms] = [0.5, 0.95, 0.99].map((q) => quantileOf(interval, q));
  return { durations: { count: interval.count, meanMs, p50Ms, p95Ms, p99Ms } };
}
