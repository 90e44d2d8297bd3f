/**
 * `node dist/bench/attribution/main.js`: what it costs to identify clients, and whether the result is right. Clients
 * in cgroups of four containers (as root; otherwise in one) connect as fast as the relay thread takes them.
 */
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stdout } from 'node:process';
import { containerOfCgroup } from '../../src/identity/cgroup.js';
import { median, medianRatio } from '../measure/statistics.js';
import { alignedTable } from '../report/table.js';
import { ContainerCgroup, cgroupRoot } from './cgroups.js';
import { ask, Contest, type Measured, measure } from './contest.js';
import type { RelayCounts } from './messages.js';

const CLIENTS = 4;
const ROUNDS = 7;
const RELAY_CPU = '1';
const OTHER_CPU = '0';

type Kind = 'fixed' | 'shared';

const directory = mkdtempSync(join(tmpdir(), 'udscope-attribution-'));
const contest = new Contest();

/** Connections by container, as the relay has counted them. */
function byContainer({ opened }: RelayCounts): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [cgroup, count] of Object.entries(opened)) {
    const id = containerOfCgroup(cgroup)?.id ?? 'host';
    counts.set(id, (counts.get(id) ?? 0) + count);
  }
  return counts;
}

async function startKind(kind: Kind, upstream: string, cgroups: readonly ContainerCgroup[]) {
  const path = join(directory, kind);
  const relay = await contest.start('relay', [path, upstream, kind, RELAY_CPU], OTHER_CPU);
  const clients: ChildProcess[] = [];
  for (let i = 0; i < CLIENTS; i++) {
    const client = await contest.start('client', [path], OTHER_CPU);
    cgroups[i]?.enter(client.pid ?? 0);
    clients.push(client);
  }
  return { kind, relay, clients, samples: [] as Measured[] };
}

async function run(cgroups: readonly ContainerCgroup[]): Promise<void> {
  const upstream = join(directory, 'upstream');
  await contest.start('server', [upstream], OTHER_CPU);
  const kinds = [await startKind('fixed', upstream, cgroups), await startKind('shared', upstream, cgroups)];
  for (let round = -1; round < ROUNDS; round++) {
    for (const { relay, clients, samples } of kinds) {
      const measured = await measure(relay, clients);
      // The first round is for warming up.
      if (round >= 0) samples.push(measured);
    }
  }
  const [fixed, shared] = kinds;
  const rows = kinds.map(({ kind, samples }) => [
    kind === 'fixed' ? 'not asked' : 'asked at accept',
    median(samples.map(({ perSecond }) => perSecond)).toFixed(0),
    median(samples.map(({ cpuUs }) => cpuUs)).toFixed(1),
  ]);
  stdout.write(`${alignedTable([['', 'connections/s', 'relay CPU, µs each'], ...rows])}\n`);
  const ratio = medianRatio(
    shared.samples.map(({ perSecond }) => perSecond),
    fixed.samples.map(({ perSecond }) => perSecond),
  );
  const addedUs = median(shared.samples.map(({ cpuUs }, i) => cpuUs - fixed.samples[i].cpuUs));
  stdout.write(
    `  asked : not asked ${ratio.toFixed(2)}; ${addedUs.toFixed(1)} µs more for each connection\n`,
  );
  const counts = await ask<RelayCounts>(shared.relay, 'counts');
  stdout.write(`  connections of each container: ${[...byContainer(counts).values()].join(', ')}`);
  stdout.write(`; unattributed: ${JSON.stringify(counts.unattributed)}\n`);
}

function makeCgroups(): ContainerCgroup[] {
  const root = cgroupRoot();
  if (root === undefined) return [];
  try {
    return Array.from({ length: CLIENTS }, () => new ContainerCgroup(root, randomBytes(32).toString('hex')));
  } catch (error) {
    stdout.write(`  all clients are of the host: ${(error as Error).message}\n`);
    return [];
  }
}

const cgroups = makeCgroups();
try {
  await run(cgroups);
} finally {
  await contest.end();
  for (const cgroup of cgroups) cgroup.remove();
  rmSync(directory, { recursive: true });
}
