import { setTimeout as sleep } from 'node:timers/promises';
import { randomNumbers } from '../support/pattern.js';
import type { FaultedAgent } from './agent.js';
import { type AgentVariant, FIRST_VARIANT } from './agent-configuration.js';
import type { Outages } from './conversations/outages.js';
import type { Traffic } from './conversations/traffic.js';
import type { Fault } from './programs/failing-strategy.js';

/** What can be done while conversations go on. */
export type Disturbance =
  | 'reload'
  | 'killed upstream'
  | 'killed clients'
  | 'killed agent'
  | 'killed supervisor'
  | 'upgrade'
  | 'failed relay thread'
  | 'failed enrich thread'
  | 'failed strategy';

const WAYS_TO_FAIL = ['throws', 'exits'] as const;
const WAYS_TO_FAIL_ENRICHING = [...WAYS_TO_FAIL, 'grows'] as const;
const FAULTS_OF_STRATEGIES = ['throws', 'exits', 'loops', 'grows'] as const satisfies readonly Fault[];

const VARIANTS: readonly AgentVariant[] = [
  { ...FIRST_VARIANT, maxBytes: 4096 },
  { ...FIRST_VARIANT, threads: 2 },
  { ...FIRST_VARIANT, bufferKib: 16 },
  FIRST_VARIANT,
];

export interface DisturbSettings {
  readonly agent: FaultedAgent;
  readonly traffics: readonly Traffic[];
  readonly outages: Outages;
  readonly seed: number;
  readonly disturbances?: readonly Disturbance[];
  readonly disturbMs?: number;
}

/** Does one thing after the other, each once before any comes again, until told to stop and all were done; how many of each. */
export async function disturb(
  settings: DisturbSettings,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const { disturbances = [], disturbMs = 500, seed } = settings;
  const random = randomNumbers(seed);
  const done: Record<string, number> = {};
  for (let round = 0; disturbances.length > 0; round++)
    for (const disturbance of shuffled(disturbances, random)) {
      const pause = sleep(disturbMs * (0.5 + random()), true, round === 0 ? {} : { signal });
      if (!(await pause.catch(() => false))) return done;
      if (disturbance === 'failed relay thread' && !settings.agent.mayFail) continue;
      await disturbOnce(settings, disturbance, random);
      done[disturbance] = (done[disturbance] ?? 0) + 1;
    }
  return done;
}

export async function disturbOnce(
  { agent, traffics, outages, seed }: DisturbSettings,
  disturbance: Disturbance,
  random = randomNumbers(seed),
): Promise<void> {
  const actions: Readonly<Record<Disturbance, () => unknown>> = {
    reload: () => agent.reload(oneOf(VARIANTS, random)),
    'killed upstream': () => oneOf(traffics, random).killUpstream(),
    'killed clients': () => oneOf(traffics, random).killClients(),
    'killed agent': () => agent.kill(outages),
    'killed supervisor': () => agent.killSupervisor(),
    upgrade: () => agent.upgrade(),
    'failed relay thread': () => agent.failRelayThread(oneOf(WAYS_TO_FAIL, random), outages),
    'failed enrich thread': () => agent.failEnrichThread(oneOf(WAYS_TO_FAIL_ENRICHING, random)),
    'failed strategy': () => agent.failStrategy(oneOf(FAULTS_OF_STRATEGIES, random)),
  };
  await actions[disturbance]();
}

function oneOf<T>(values: readonly T[], random: () => number): T {
  return values[Math.floor(random() * values.length)];
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  return values
    .map((value) => ({ value, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ value }) => value);
}
