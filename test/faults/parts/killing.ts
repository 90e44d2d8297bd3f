import { unlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cleanup } from '../../support/cleanup.js';
import { randomNumbers } from '../../support/pattern.js';
import { FaultedAgent } from '../agent.js';
import { startReady } from '../program.js';
import type { PartReport } from '../report.js';

const CROWD = 100;
const FLOOD_MS = 300;

export interface KillingSettings {
  readonly seed: number;
  readonly rounds: number;
}

/** Processes with many connections, some of them blocked both ways, killed at one end or the other. */
export async function killing({ seed, rounds }: KillingSettings): Promise<PartReport> {
  const cleanup = new Cleanup();
  const random = randomNumbers(seed);
  const failures: string[] = [];
  try {
    const agent = await FaultedAgent.start(cleanup);
    const descriptors = agent.allowance();
    for (let round = 0; round < rounds; round++) {
      const own = new Cleanup();
      const victim = random() < 0.5 ? 'client' : 'upstream';
      try {
        const left = await killOne(agent, own, victim, descriptors);
        if (left.connections !== 0 || left.descriptors > descriptors) {
          const [connections, more] = [left.connections, left.descriptors - descriptors];
          failures.push(`${connections} connections and ${more} descriptors are left of a killed ${victim}`);
        }
      } finally {
        await own.run();
        unlinkSync(agent.upstream('hostile'));
      }
    }
    const residentMib = agent.residentMib();
    const code = await agent.stop();
    if (code !== 0) failures.push(`the agent ended with ${code}`);
    return {
      name: 'killed in the midst',
      figures: { rounds, connections: rounds * CROWD, 'agent MiB': residentMib.toFixed(0) },
      failures,
    };
  } finally {
    await cleanup.run();
  }
}

async function killOne(
  agent: FaultedAgent,
  own: Cleanup,
  victim: 'client' | 'upstream',
  descriptors: number,
): Promise<{ connections: number; descriptors: number }> {
  const upstream = await startReady(own, 'flood', [agent.upstream('hostile')]);
  const client = await startReady(own, 'crowd', [agent.listen('hostile'), String(CROWD)]);
  await sleep(FLOOD_MS);
  // Only one of them: the other end has to notice, and then has nothing to stay for.
  await (victim === 'client' ? client : upstream).kill();
  if (victim === 'upstream') {
    await sleep(FLOOD_MS);
    await client.kill();
  }
  return agent.settle(descriptors);
}
