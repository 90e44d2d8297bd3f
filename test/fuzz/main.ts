/**
 * `npm run fuzz -- [--target NAME,…] [--seconds 10] [--seed N]`: shows damaged text to everything that reads from outside,
 * so many seconds to each target. Ends with 1 if one fails; what fails is printed with its seed and made short.
 */
import { argv, exit, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { Cleanup } from '../support/cleanup.js';
import { fuzz } from './fuzz.js';
import { TEXT_TARGETS } from './targets/index.js';
import { fuzzText } from './text-fuzz.js';

/** Scripts of traffic, which are more than text. */
const TRAFFIC = 'traffic';
const NAMES = [TRAFFIC, ...Object.keys(TEXT_TARGETS)];

/** The seed makes it again; what is printed of a long text is only for the eye. */
const PRINTED_LENGTH_MAX = 2000;

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    target: { type: 'string', default: NAMES.join(',') },
    seconds: { type: 'string', default: '10' },
    seed: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const targets = values.target.split(',');
if (!(seconds > 0) || !Number.isSafeInteger(seed) || targets.some((name) => !NAMES.includes(name))) {
  stdout.write(`usage: npm run fuzz -- [--target ${NAMES.join(',')}] [--seconds 10] [--seed N]\n`);
  exit(2);
}

let hasFailed = false;
for (const name of targets) {
  const endMs = performance.now() + seconds * 1000;
  const isOver = () => performance.now() >= endMs;
  const found = name === TRAFFIC ? trafficFailure(isOver) : await textFailure(name, isOver);
  stdout.write(`${name}: ${found.count} passed in ${seconds} s, from seed ${seed}\n`);
  if (found.failure === undefined) continue;
  hasFailed = true;
  stdout.write(`seed ${found.failure.seed} fails: ${found.failure.reason}\n`);
  for (const part of found.failure.parts) stdout.write(`${shown(part)}\n`);
}
exit(hasFailed ? 1 : 0);

interface Found {
  count: number;
  failure: { seed: number; reason: string; parts: readonly unknown[] } | undefined;
}

function trafficFailure(isOver: () => boolean): Found {
  const { scripts, failure } = fuzz(seed, isOver);
  return { count: scripts, failure: failure && { ...failure, parts: failure.steps } };
}

async function textFailure(name: string, isOver: () => boolean): Promise<Found> {
  const cleanup = new Cleanup();
  try {
    const { texts, failure } = await fuzzText(await TEXT_TARGETS[name](cleanup), seed, isOver);
    return { count: texts, failure: failure && { ...failure, parts: [failure.text] } };
  } finally {
    await cleanup.run();
  }
}

function shown(part: unknown): string {
  const text = JSON.stringify(part);
  return text.length > PRINTED_LENGTH_MAX ? `${text.slice(0, PRINTED_LENGTH_MAX)}… (${text.length})` : text;
}
