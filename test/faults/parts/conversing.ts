import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cleanup } from '../../support/cleanup.js';
import { FaultedAgent } from '../agent.js';
import { LAST_VARIANT } from '../agent-configuration.js';
import { Outages } from '../conversations/outages.js';
import type { Kind } from '../conversations/plan.js';
import { Traffic } from '../conversations/traffic.js';
import { countsOf } from '../counts.js';
import { type Disturbance, disturb, disturbOnce } from '../disturb.js';
import type { PartReport } from '../report.js';

export interface ConversingSettings {
  readonly kinds: readonly Kind[];
  readonly seed: number;
  /** Conversations of each kind. */
  readonly connections: number;
  /** No more conversations begin after so long. */
  readonly seconds: number;
  /** Of each kind. */
  readonly atATime: number;
  readonly descriptors: boolean;
  /** Whether all ends read to the last: both ends and the agent must then have counted the same. */
  readonly polite?: boolean;
  readonly disturbances?: readonly Disturbance[];
  /** How often one of them comes, in ms. */
  readonly disturbMs?: number;
  /** Shell code that bounds the agent, as `ulimit -n 120`. */
  readonly limit?: string;
  readonly isSupervised?: boolean;
  /** Done once, when the others are over, while conversations go on. */
  readonly lastDisturbance?: Disturbance;
}

const LOOK_MS = 50;

/** Conversations, checked byte by byte at both ends, while something is done to one of those that take part. */
export async function conversing(name: string, settings: ConversingSettings): Promise<PartReport> {
  const cleanup = new Cleanup();
  try {
    const { kinds, limit, isSupervised, disturbances = [] } = settings;
    const canFail = disturbances.some((disturbance) => disturbance.startsWith('failed'));
    const canUpgrade = disturbances.includes('upgrade');
    const agent = await FaultedAgent.start(cleanup, { kinds, limit, isSupervised, canFail, canUpgrade });
    return await converse(agent, cleanup, name, settings).catch((error: Error) => ({
      name,
      figures: {},
      failures: [error.message, agent.process.describe()],
    }));
  } finally {
    await cleanup.run();
  }
}

async function converse(
  agent: FaultedAgent,
  cleanup: Cleanup,
  name: string,
  settings: ConversingSettings,
): Promise<PartReport> {
  const descriptors = agent.allowance();
  const startedMs = performance.now();
  const outages = new Outages();
  const traffics = settings.kinds.map((kind) => trafficOf(agent, cleanup, kind, settings, outages));
  await Promise.all(traffics.map((traffic) => traffic.start()));
  const disturbing = new AbortController();
  const disturbed = disturb({ agent, traffics, outages, ...settings }, disturbing.signal);
  // A loaded machine takes its time to start processes; what a part is for is still to be done.
  const endMs = performance.now() + settings.seconds * 1000;
  while (performance.now() < endMs && !traffics.every(({ isOver }) => isOver)) await sleep(LOOK_MS);
  disturbing.abort();
  const disturbances = await disturbed;
  if (settings.lastDisturbance !== undefined)
    await disturbOnce({ agent, traffics, outages, ...settings }, settings.lastDisturbance);
  await Promise.all(traffics.map((traffic) => traffic.end()));
  agent.reload(LAST_VARIANT);
  const left = await agent.settle(descriptors);
  const counted = await countsOf(agent, settings.kinds, traffics, settings.limit === undefined);
  const residentMib = agent.residentMib();
  const errors = await agent.describeErrors();
  const failures = [
    ...traffics.flatMap((traffic) => traffic.failures(settings.limit !== undefined)),
    ...counted.failures,
    ...(await leftovers(agent, left, descriptors, disturbances)),
  ];
  if (failures.length > 0) failures.unshift(`errors counted: ${errors}`);
  const figures = {
    ...counted.figures,
    seconds: ((performance.now() - startedMs) / 1000).toFixed(1),
    ...disturbances,
    'left over': left.connections,
    'more descriptors': Math.max(0, left.descriptors - descriptors),
    'agent MiB': residentMib.toFixed(0),
  };
  return { name, figures, failures };
}

function trafficOf(
  agent: FaultedAgent,
  cleanup: Cleanup,
  kind: Kind,
  { seed, descriptors, polite = false, atATime, connections }: ConversingSettings,
  outages: Outages,
): Traffic {
  const [relay, upstream] = [agent.listen(kind), agent.upstream(kind)];
  const settings = { kind, seed, descriptors, polite, atATime, connections, relay, upstream };
  return new Traffic(cleanup, settings, outages);
}

async function leftovers(
  agent: FaultedAgent,
  left: { connections: number; descriptors: number },
  descriptors: number,
  disturbances: Readonly<Record<string, number>>,
): Promise<string[]> {
  const failures: string[] = [];
  agent.check();
  if (left.connections !== 0) failures.push(`${left.connections} connections are left`);
  if (left.descriptors > descriptors)
    failures.push(`${left.descriptors - descriptors} descriptors are left: ${agent.describeDescriptors()}`);
  const failed = agent.output.match(/a relay thread failed/g)?.length ?? 0;
  if (failed !== (disturbances['failed relay thread'] ?? 0)) failures.push(`${failed} relay threads failed`);
  if (/nothing of (?!failing )\S+ is captured/.test(agent.output))
    failures.push('another socket is not captured');
  if (/fault of udscope/.test(agent.output)) failures.push('the log has a fault of udscope');
  const code = await agent.stop();
  if (code !== 0) failures.push(`the agent ended with ${code}`);
  return failures;
}
