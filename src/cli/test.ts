import { printable, printableJson } from '../values/printable.js';
import { reportMistakes } from './report.js';
import { runFile, type TestResult } from './testing/run-file.js';

export interface TestOptions {
  json?: boolean;
}

/** Runs the tests of configurations, says of each what came of it, and sets exit code 1 if one has failed. */
export async function test(files: readonly string[], { json = false }: TestOptions): Promise<void> {
  const results: TestResult[] = [];
  for (const file of files) {
    try {
      for await (const result of runFile(file)) {
        results.push(result);
        process.stdout.write(json ? `${printableJson(result)}\n` : describe(result));
      }
    } catch (error) {
      reportMistakes(error);
    }
  }
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  if (failed > 0) process.exitCode = 1;
  if (!json && results.length > 0) process.stdout.write(`${results.length} tests, ${failed} failed\n`);
}

function describe({ name, position, failures }: TestResult): string {
  if (failures.length === 0) return `ok   ${printable(name)}\n`;
  const lines = failures.flatMap(({ position: at, path, expected, found }) => [
    `  ${at}: ${path}`,
    ...indented('expected: ', expected),
    ...indented('found:    ', found),
  ]);
  return [`FAIL ${printable(name)} (${position})`, ...lines, ''].join('\n');
}

/** Texts are escaped by lines: each of several things that were found has one. */
function indented(title: string, text: string): string[] {
  return text
    .split('\n')
    .map((line, i) => `    ${i === 0 ? title : ' '.repeat(title.length)}${printable(line)}`);
}
