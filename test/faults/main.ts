/**
 * `npm run test:faults -- [--minutes N | --seconds N] [--seed N] [--connections N] [--types stream,…] [--parts NAME,…]
 * [--kinds calls,…] [--threads N]`: tries to make the agent lose a byte, a message, a descriptor, a connection or a quiet client's
 * call.
 * The agent is the built command, clients and upstreams are real sockets and processes. Ends with 1 if anything was wrong;
 * the seed makes the same conversations again.
 */
import { argv, exit, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { KINDS, type Kind } from './conversations/plan.js';
import { HOSTILE_KINDS } from './parts/hostility.js';
import { planParts } from './plan-parts.js';
import { print } from './report.js';

/** Of sockets that the agent relays. */
const TYPES: readonly Kind[] = KINDS;

/** Figures that are worth a sum over all parts. */
const SUMMED =
  /^(?:connections|MiB|messages|descriptors|cut|counters compared|reload|upgrade|killed .*|failed .*)$/;

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    connections: { type: 'string', default: 'Infinity' },
    seconds: { type: 'string', default: '60' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    types: { type: 'string', default: TYPES.join(',') },
    kinds: { type: 'string', default: HOSTILE_KINDS.join(',') },
    threads: { type: 'string', default: '1' },
    parts: { type: 'string' },
  },
});
const seconds = values.minutes === undefined ? Number(values.seconds) : Number(values.minutes) * 60;
const settings = {
  seed: values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed),
  seconds,
  connections: Number(values.connections),
  types: values.types.split(',') as Kind[],
  kinds: values.kinds.split(',').filter((kind) => kind !== ''),
  threads: Number(values.threads),
};
const all = planParts(settings);
const wanted = values.parts?.split(',') ?? all.map(({ name }) => name);
const areKnown =
  settings.types.every((type) => TYPES.includes(type)) &&
  settings.kinds.every((kind) => (HOSTILE_KINDS as readonly string[]).includes(kind)) &&
  settings.threads >= 1 &&
  wanted.every((part) => all.some(({ name }) => name === part));
if (!(settings.connections > 0) || !(seconds > 0) || !Number.isSafeInteger(settings.seed) || !areKnown) {
  stdout.write(
    `usage: test:faults [--seconds 60 | --minutes N] [--seed N] [--connections N] [--types ${TYPES.join(',')}]\n` +
      `  [--kinds ${HOSTILE_KINDS.join(',')}] [--threads N]\n  [--parts '${all.map(({ name }) => name).join(',')}']\n`,
  );
  exit(2);
}

stdout.write(`seed ${settings.seed}, about ${seconds} s\n`);
const totals: Record<string, number> = {};
let wrong = 0;
for (const part of all.filter(({ name }) => wanted.includes(name))) {
  for (const report of await part.run()) {
    print(report);
    wrong += report.failures.length;
    for (const [name, figure] of Object.entries(report.figures))
      if (SUMMED.test(name)) totals[name] = (totals[name] ?? 0) + Number(figure);
  }
}
const shown = Object.entries(totals).map(([name, figure]) => `${name} ${figure}`);
stdout.write(`in all: ${shown.join(', ')}, seed ${settings.seed}, wrong ${wrong}\n`);
exit(wrong === 0 ? 0 : 1);
