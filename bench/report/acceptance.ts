import { median, medianRatio } from '../measure/statistics.js';
import type { CaseResult } from '../rounds.js';
import { valuesOf } from './case-table.js';
import { alignedTable } from './table.js';

/** Above this share of a processor, the relay limits the throughput. */
const SATURATED_PERCENT = 95;

interface Target {
  /** Beginning of the names of the cases it is for. */
  cases: string;
  other: string;
  throughput: string;
  cpu: string;
  /** The least ratio of udscope's throughput to the other's. */
  text: string;
  isMet(ratio: number): boolean;
}

const echo = { cases: 'echo', throughput: 'roundTripsPerS', cpu: 'cpuNsPerOperation' };
const bulk = { cases: 'bulk', throughput: 'mbPerS', cpu: 'cpuNsPerMib' };
const atLeast = (limit: number) => ({ text: `>= ${limit}`, isMet: (ratio: number) => ratio >= limit });
const above = (limit: number) => ({ text: `> ${limit}`, isMet: (ratio: number) => ratio > limit });

const targets: readonly Target[] = [
  { ...echo, other: 'HAProxy', ...atLeast(0.9) },
  { ...bulk, other: 'HAProxy', ...above(1) },
  { ...echo, other: 'node:net', ...atLeast(1.5) },
  { ...bulk, other: 'node:net', ...atLeast(1.5) },
];

const IDLE_CASE = 'idle-1000';
const IDLE_MIB_MAX = 20;

/** How udscope compares with its targets, for the cases that were run. */
export function acceptance(results: readonly CaseResult[]): string {
  const rows = targets.flatMap((target) => results.flatMap((result) => targetRow(target, result) ?? []));
  const idle = idleLine(results);
  if (rows.length === 0) return idle;
  const heading = ['', 'udscope to', 'throughput', 'target', 'met', 'per relay CPU', 'relay busy %'];
  return `Acceptance\n${alignedTable([heading, ...rows])}\n${idle}`;
}

function targetRow(target: Target, { case: { name }, series }: CaseResult): string[][] | undefined {
  if (!name.startsWith(target.cases)) return undefined;
  const ours = series.find((one) => one.name === 'udscope');
  const theirs = series.find((one) => one.name === target.other);
  const compare = (key: string) => {
    const [values, others] = [valuesOf(ours, key), valuesOf(theirs, key)];
    return values === undefined || others === undefined ? Number.NaN : medianRatio(values, others);
  };
  if (theirs === undefined) return undefined;
  const ratio = compare(target.throughput);
  const busy = [ours, theirs].map((one) => median(valuesOf(one, 'relayBusy') ?? [Number.NaN]));
  const isLimit = busy.every((percent) => percent >= SATURATED_PERCENT);
  const busyText = `${busy.map((percent) => percent.toFixed(0)).join(', ')}${isLimit ? '' : ' *'}`;
  const met = target.isMet(ratio) ? 'yes' : 'NO';
  return [
    [name, target.other, ratio.toFixed(2), target.text, met, (1 / compare(target.cpu)).toFixed(2), busyText],
  ];
}

function idleLine(results: readonly CaseResult[]): string {
  const idle = results.find(({ case: { name } }) => name === IDLE_CASE);
  const values = valuesOf(
    idle?.series.find((one) => one.name === 'udscope'),
    'addedMib',
  );
  if (values === undefined) return '';
  const added = median(values);
  const met = added < IDLE_MIB_MAX ? 'met' : 'NOT met';
  return `  ${IDLE_CASE}: udscope grows by ${added.toFixed(1)} MiB; target < ${IDLE_MIB_MAX}, ${met}\n`;
}
