import { parseArgs } from 'node:util';
import type { Placement } from './bench.js';
import type { Case } from './cases/case.js';
import { cases } from './cases/index.js';
import type { Contestant } from './contestants/contestant.js';
import { contestants } from './contestants/index.js';
import { findProgram } from './contestants/process.js';
import type { Conditions } from './load/jobs.js';
import { allowedCpus } from './measure/processes.js';

export const USAGE = `\
Usage: npm run bench -- [options]
  --quick             a rough answer within a minute: some cases, and the main contestants
  --case NAME         only the cases whose name begins with NAME; may be repeated
  --only NAME         only this contestant, and udscope; may be repeated
  --rounds N          how often each contestant is measured in each case (default: 5, quick: 3)
  --cpus LOAD,RELAY   the processors to pin to, or none (default: the first two)
  --json FILE         write every sample there
  --document          write docs/performance.json, and the tables and charts of docs/performance.md
  --compare FILE      say where throughput beside HAProxy has fallen by a tenth since that docs/performance.json
  --help
`;

/** A mistake on the command line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Options {
  cases: readonly Case[];
  contestants: readonly Contestant[];
  rounds: number;
  attempts: number;
  conditions: Conditions;
  placement: Placement;
  jsonFile: string | undefined;
  /** Whether the documents are to show this run. */
  isForDocuments: boolean;
  compareFile: string | undefined;
}

const FULL = { rounds: 5, attempts: 2, warmUpMs: 100, measureMs: 500 };
const QUICK = { rounds: 3, attempts: 1, warmUpMs: 30, measureMs: 120 };
const QUICK_CONTESTANTS = [
  'direct',
  'udscope',
  'udscope, observing',
  'HAProxy',
  'node:net',
  'C, recv and send',
];
const QUICK_CASES = [
  'echo-1x128',
  'echo-32x128',
  'echo-256x4096',
  'echo-1000x128',
  'bulk-1',
  'churn-16',
  'idle-1000',
  'capture-32x128',
];

/** undefined for --help. @throws UsageError */
export function readOptions(args: string[]): Options | undefined {
  const { quick, help, rounds, cpus, json, document, compare, ...names } = parse(args);
  if (help) return undefined;
  if (document && (quick || names.case !== undefined || names.only !== undefined))
    throw new UsageError('--document shows everything: leave out --quick, --case and --only');
  const scale = quick ? QUICK : FULL;
  const placement = choosePlacement(cpus);
  const pinned = [placement.load, placement.relay].filter((cpu) => cpu !== undefined);
  return {
    cases: chooseCases(names.case ?? (quick ? QUICK_CASES : undefined)),
    contestants: chooseContestants(names.only, quick),
    rounds: rounds === undefined ? scale.rounds : readRounds(rounds),
    attempts: scale.attempts,
    conditions: { warmUpMs: scale.warmUpMs, measureMs: scale.measureMs, cpus: pinned },
    placement,
    jsonFile: json,
    isForDocuments: document,
    compareFile: compare,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        case: { type: 'string', multiple: true },
        only: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        cpus: { type: 'string' },
        json: { type: 'string' },
        document: { type: 'boolean', default: false },
        compare: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function chooseCases(prefixes: string[] | undefined): readonly Case[] {
  if (prefixes === undefined) return cases;
  for (const prefix of prefixes) {
    if (cases.some(({ name }) => name.startsWith(prefix))) continue;
    throw new UsageError(`there is no case ${prefix}; there are ${cases.map(({ name }) => name).join(', ')}`);
  }
  return cases.filter(({ name }) => prefixes.some((prefix) => name.startsWith(prefix)));
}

function chooseContestants(only: string[] | undefined, quick: boolean): readonly Contestant[] {
  const names = contestants.map(({ name }) => name);
  const unknown = only?.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`there is no contestant ${unknown}; there are ${names.join(', ')}`);
  const wanted = only ?? (quick ? QUICK_CONTESTANTS : names);
  return contestants.filter(({ name }) => name === 'udscope' || wanted.includes(name));
}

function readRounds(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new UsageError(`--rounds ${text}: give a number from 1 to 99`);
  return Number(text);
}

function choosePlacement(text: string | undefined): Placement {
  const nowhere = { load: undefined, relay: undefined };
  if (text === 'none') return nowhere;
  if (text === undefined) {
    const [load, relay] = allowedCpus();
    return relay === undefined || findProgram('taskset') === undefined ? nowhere : { load, relay };
  }
  const match = /^(\d+),(\d+)$/.exec(text);
  if (match === null) throw new UsageError(`--cpus ${text}: give two numbers as in 0,1, or none`);
  if (findProgram('taskset') === undefined) throw new UsageError('--cpus needs taskset (util-linux)');
  return { load: Number(match[1]), relay: Number(match[2]) };
}
