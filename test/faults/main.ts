/**
 * `npm run test:faults -- [--connections N] [--seconds N] [--seed N] [--kinds calls,bytes]`: tries to make the agent lose a byte,
 * a connection, a descriptor or a quiet client's call. The agent is the built command, clients and upstreams are real
 * sockets and processes. Ends with 1 if anything was wrong; the seed makes the same conversations again.
 */
import { argv, exit, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { HOSTILE_KINDS, hostility } from './parts/hostility.js';
import { killing } from './parts/killing.js';
import { talking } from './parts/talking.js';
import { type PartReport, print } from './report.js';

/** Parts of a budget of seconds: the rest goes by with starting, settling and stopping. */
const TALKING_SHARE = 0.25;
const KILLING_SECONDS_A_ROUND = 3;
const KILLING_SHARE = 0.15;
const HOSTILITY_SHARE = 0.3;

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    connections: { type: 'string', default: 'Infinity' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    kinds: { type: 'string', default: HOSTILE_KINDS.join(',') },
  },
});
const connections = Number(values.connections);
const seconds = Number(values.seconds);
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const kinds = values.kinds.split(',').filter((kind) => kind !== '');
const areKnown = kinds.every((kind) => (HOSTILE_KINDS as readonly string[]).includes(kind));
if (!(connections > 0) || !(seconds > 0) || !Number.isSafeInteger(seed) || !areKnown) {
  stdout.write(
    `usage: test:faults [--connections N] [--seconds 60] [--seed N] [--kinds ${HOSTILE_KINDS.join(',')}]\n`,
  );
  exit(2);
}

stdout.write(`seed ${seed}, about ${seconds} s\n`);
const talkingSettings = { seed, connections, seconds: seconds * TALKING_SHARE, disturbMs: 0, atATime: 64 };
const killingRounds = Math.max(2, Math.round((seconds * KILLING_SHARE) / KILLING_SECONDS_A_ROUND));
const hostileSeconds = Math.max(1, (seconds * HOSTILITY_SHARE) / (3 * Math.max(1, kinds.length)));

const parts: (() => Promise<PartReport | PartReport[]>)[] = [
  () => talking('left alone', talkingSettings),
  () => talking('disturbed', { ...talkingSettings, seed: seed + 1, disturbMs: 700 }),
  () =>
    talking('short of descriptors', {
      ...talkingSettings,
      seed: seed + 2,
      seconds: talkingSettings.seconds / 2,
      limit: 'ulimit -n 160',
      atATime: 200,
    }),
  () => killing({ seed, rounds: killingRounds }),
  () => hostility({ seconds: hostileSeconds, kinds }),
];

let failures = 0;
for (const part of parts) {
  for (const report of [await part()].flat()) {
    print(report);
    failures += report.failures.length;
  }
}
stdout.write(failures === 0 ? 'nothing was wrong\n' : `${failures} things were wrong (seed ${seed})\n`);
exit(failures === 0 ? 0 : 1);
