import { unlinkSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cleanup } from '../../support/cleanup.js';
import { randomNumbers } from '../../support/pattern.js';
import { type AgentVariant, FaultedAgent, FIRST_VARIANT } from '../agent.js';
import type { PartReport } from '../report.js';
import { Talks } from '../talks.js';

export interface TalkingSettings {
  readonly seed: number;
  readonly connections: number;
  /** No more conversations begin after so long. */
  readonly seconds: number;
  /** How often the configuration changes, or the upstream is restarted, in ms. 0: never. */
  readonly disturbMs: number;
  /** Shell code that bounds the agent, as `ulimit -n 120`. */
  readonly limit?: string;
  readonly atATime: number;
}

const VARIANTS: readonly AgentVariant[] = [
  { ...FIRST_VARIANT, maxBytes: 4096 },
  { ...FIRST_VARIANT, threads: 2 },
  { ...FIRST_VARIANT, bufferKib: 16 },
  FIRST_VARIANT,
];

/** Conversations of all kinds, checked byte by byte, while the agent is reloaded and its upstream restarted. */
export async function talking(name: string, settings: TalkingSettings): Promise<PartReport> {
  const cleanup = new Cleanup();
  try {
    const agent = await FaultedAgent.start(cleanup, settings.limit);
    return await talkThrough(agent, name, settings);
  } finally {
    await cleanup.run();
  }
}

async function talkThrough(
  agent: FaultedAgent,
  name: string,
  settings: TalkingSettings,
): Promise<PartReport> {
  const descriptors = agent.allowance();
  const startedMs = performance.now();
  const endMs = startedMs + settings.seconds * 1000;
  const talks = new Talks({
    ...settings,
    relay: agent.listen('talk'),
    upstream: agent.upstream('talk'),
    isOver: (begun) => begun >= settings.connections || performance.now() >= endMs,
  });
  const disturbing = new AbortController();
  const disturbed = disturb(agent, talks, settings, disturbing.signal);
  await talks.run();
  disturbing.abort();
  const disturbances = await disturbed;
  agent.reload(FIRST_VARIANT);
  const left = await agent.settle(descriptors);
  const residentMib = agent.residentMib();
  const failures = [...talks.failures, ...(await leftovers(agent, left, descriptors))];
  if (settings.disturbMs === 0 && settings.limit === undefined && talks.counts.unserved > 0)
    failures.push(`${talks.counts.unserved} clients never reached their upstream`);
  const { connected, paired, complete, unserved, bytes } = talks.counts;
  const seconds = (performance.now() - startedMs) / 1000;
  const figures = {
    connections: connected,
    paired,
    'heard to the end': complete,
    unserved,
    MiB: (bytes / 2 ** 20).toFixed(0),
    seconds: seconds.toFixed(1),
    disturbances,
    'connections left': left.connections,
    'descriptors left': Math.max(0, left.descriptors - descriptors),
    'agent MiB': residentMib.toFixed(0),
  };
  return { name, figures, failures };
}

async function leftovers(
  agent: FaultedAgent,
  left: { connections: number; descriptors: number },
  descriptors: number,
): Promise<string[]> {
  const failures: string[] = [];
  agent.check();
  if (left.connections !== 0) failures.push(`${left.connections} connections are left`);
  if (left.descriptors > descriptors) failures.push(`${left.descriptors - descriptors} descriptors are left`);
  const opened = await agent.sum('uds_connections_opened_total', {});
  if (opened === 0) failures.push('no connection was counted');
  if (/fault of udscope|a relay thread failed/.test(agent.output))
    failures.push('the log has a fault of udscope');
  const code = await agent.stop();
  if (code !== 0) failures.push(`the agent ended with ${code}`);
  return failures;
}

/** Reloads, and restarts of the upstream, one after the other until told to stop; how many. */
async function disturb(
  agent: FaultedAgent,
  talks: Talks,
  { seed, disturbMs }: TalkingSettings,
  signal: AbortSignal,
): Promise<number> {
  if (disturbMs === 0) return 0;
  const random = randomNumbers(seed);
  let count = 0;
  for (; ; count++) {
    try {
      await sleep(disturbMs, undefined, { signal });
    } catch {
      return count;
    }
    if (random() < 0.3) await talks.restartUpstream(unlinkSync);
    else agent.reload(VARIANTS[Math.floor(random() * VARIANTS.length)]);
  }
}
