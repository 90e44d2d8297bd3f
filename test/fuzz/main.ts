/**
 * `node dist/test/fuzz/main.js [--seconds 10] [--seed N]`: shows damaged traffic to the framer and the
 * decoder of JSON-RPC. Ends with 1 at the first failure, which it prints with its seed and a short script.
 */
import { argv, exit, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.js';
import type { Step } from './traffic.js';

/** The seed makes the script again; what is printed of a long piece is only for the eye. */
const PRINTED_LENGTH_MAX = 2000;

const { values } = parseArgs({
  args: argv.slice(2),
  options: { seconds: { type: 'string', default: '10' }, seed: { type: 'string' } },
});
const seconds = Number(values.seconds);
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
if (!(seconds > 0) || !Number.isSafeInteger(seed)) {
  stdout.write('usage: node dist/test/fuzz/main.js [--seconds 10] [--seed N]\n');
  exit(2);
}

stdout.write(`seed ${seed}, ${seconds} s\n`);
const endMs = performance.now() + seconds * 1000;
const { scripts, failure } = fuzz(seed, () => performance.now() >= endMs);
stdout.write(`${scripts} scripts passed\n`);
if (failure !== undefined) {
  stdout.write(`seed ${failure.seed} fails: ${failure.reason}\n`);
  for (const step of failure.steps) stdout.write(`${describe(step)}\n`);
  exit(1);
}

function describe(step: Step): string {
  const text = JSON.stringify(step);
  return text.length > PRINTED_LENGTH_MAX ? `${text.slice(0, PRINTED_LENGTH_MAX)}… (${text.length})` : text;
}
