/**
 * How long a restart lasts for a client: from `kill -9` of the agent to the first answer of the service on a connection made after
 * that. Beside it, in turn, how long this machine takes to start Node.js for nothing.
 * Run it with `node dist/bench/restart/main.js [ROUNDS]`.
 */
import { spawnSync } from 'node:child_process';
import { kill } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cleanup } from '../../test/support/cleanup.js';
import { Supervised } from '../../test/support/supervised.js';
import { EchoClient } from '../../test/support/udscope.js';
import { alignedTable } from '../report/table.js';

const ROUNDS = 20;

/** An agent that has been ready for less is started again later and later. */
const CALM_MS = 2100;

const rounds = Number(process.argv[2] ?? ROUNDS);

async function restarts(options: readonly string[]): Promise<{ answered: number[]; bare: number[] }> {
  const cleanup = new Cleanup();
  try {
    const supervised = await Supervised.prepare(cleanup);
    await supervised.startReady({ options });
    const answered: number[] = [];
    const bare: number[] = [];
    for (let i = 0; i < rounds; i++) {
      await sleep(CALM_MS);
      if (options.length === 0) await supervised.standby();
      bare.push(bareStart());
      answered.push(await restart(supervised));
      await supervised.readyAgent(i + 2);
    }
    return { answered, bare };
  } finally {
    await cleanup.run();
  }
}

async function restart(supervised: Supervised): Promise<number> {
  const startMs = performance.now();
  kill(supervised.agent, 'SIGKILL');
  const client = await EchoClient.connect(supervised.listen);
  await client.roundTrip(1);
  client.destroy();
  return performance.now() - startMs;
}

function bareStart(): number {
  const startMs = performance.now();
  spawnSync(process.execPath, ['-e', '0']);
  return performance.now() - startMs;
}

function row(name: string, figures: readonly number[]): string[] {
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return [name, ...[0, 0.5, 0.9, 1].map((share) => at(share).toFixed(0))];
}

const table = [['ms', 'least', 'median', 'p90', 'most']];
for (const [name, options] of [
  ['with a standby', []],
  ['without', ['--no-standby']],
] as const) {
  const { answered, bare } = await restarts(options);
  table.push(row(name, answered), row('  node -e 0 beside it', bare));
}
console.log(alignedTable(table));
