/** `npm run bench`: measures the relay side by side with others. README.md says how to read the output. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, stderr, stdout } from 'node:process';
import { readDocumented } from '../build/performance/documents.js';
import { Bench } from './bench.js';
import { findProgram } from './contestants/process.js';
import { fallen } from './document/compare.js';
import { documentedCase } from './document/documented.js';
import { writeDocuments } from './document/write.js';
import { type Options, readOptions, USAGE, UsageError } from './options.js';
import { acceptance } from './report/acceptance.js';
import { caseTable } from './report/case-table.js';
import { describeMachine, machineText } from './report/machine.js';
import { type CaseResult, runCase } from './rounds.js';

async function run(options: Options): Promise<void> {
  const machine = describeMachine(options.placement, findProgram('haproxy'));
  stdout.write(machineText(machine));
  const present = options.contestants.filter((contestant) => {
    const missing = contestant.missing();
    if (missing !== undefined) stdout.write(`without ${contestant.name}: ${missing}\n`);
    return missing === undefined;
  });
  stdout.write('\n');
  const directory = mkdtempSync(join(tmpdir(), 'udscope-bench-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  const { placement, conditions, attempts } = options;
  const bench = new Bench(present, placement, conditions, attempts, directory);
  const results: CaseResult[] = [];
  for (const one of options.cases) {
    const result = await runCase(one, bench, options.rounds);
    results.push(result);
    stdout.write(`${caseTable(result)}\n`);
  }
  await bench.stop();
  stdout.write(acceptance(results));
  const documented = results.map(({ case: { name, title, figures }, series }) =>
    documentedCase({ name, title, figures, series }),
  );
  if (options.compareFile !== undefined) {
    const lines = fallen(readDocumented(options.compareFile), documented);
    for (const line of lines) stdout.write(`warning: ${line}\n`);
  }
  if (options.isForDocuments) {
    const date = new Date().toISOString().slice(0, 10);
    await writeDocuments({ date, rounds: options.rounds, machine, cases: documented });
  }
  if (options.jsonFile !== undefined) {
    const cases = results.map(({ case: { name, title }, series }) => ({ name, title, series }));
    writeFileSync(options.jsonFile, `${JSON.stringify({ machine, cases }, null, 2)}\n`);
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
try {
  const options = readOptions(argv.slice(2));
  if (options === undefined) stdout.write(USAGE);
  else await run(options);
} catch (error) {
  stderr.write(error instanceof UsageError ? `${error.message}\n${USAGE}` : `${String(error)}\n`);
  process.exit(1);
}
