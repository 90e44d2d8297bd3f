/**
 * `node dist/bench/credentials/main.js`, as root: what it costs to connect as the client. Clients of four kinds connect as
 * fast as the relay thread takes them, through a relay that connects as itself and one that connects as the client.
 */
import type { ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { geteuid, stdout } from 'node:process';
import { Contest, type Measured, measure } from '../attribution/contest.js';
import { median, medianRatio } from '../measure/statistics.js';
import { alignedTable } from '../report/table.js';

const CLIENTS = 4;
const ROUNDS = 7;
const RELAY_CPU = '1';
const OTHER_CPU = '0';

/** Arguments of a client: user, group, and how many supplementary groups. */
const KINDS = {
  root: [],
  'another user': [40_000, 40_000, 0],
  'with 16 groups': [40_000, 40_000, 16],
  'with 128 groups': [40_000, 40_000, 128],
} as const;

interface Contestant {
  readonly relay: ChildProcess;
  readonly clients: readonly ChildProcess[];
  readonly samples: Measured[];
}

const directory = mkdtempSync(join(tmpdir(), 'udscope-credentials-'));
const upstream = join(directory, 'upstream');
const contest = new Contest();

async function startContestant(
  kind: keyof typeof KINDS,
  credentials: 'self' | 'client',
): Promise<Contestant> {
  const path = join(directory, `${kind}-${credentials}`);
  const does = credentials === 'client' ? 'client' : 'fixed';
  const relay = await contest.start('relay', [path, upstream, does, RELAY_CPU], OTHER_CPU);
  chmodSync(path, 0o777);
  const clients: ChildProcess[] = [];
  for (let i = 0; i < CLIENTS; i++) {
    clients.push(await contest.start('client', [path, ...KINDS[kind].map(String)], OTHER_CPU));
  }
  return { relay, clients, samples: [] };
}

async function compare(kind: keyof typeof KINDS): Promise<string[]> {
  const self = await startContestant(kind, 'self');
  const client = await startContestant(kind, 'client');
  for (let round = -1; round < ROUNDS; round++) {
    for (const { relay, clients, samples } of round % 2 === 0 ? [self, client] : [client, self]) {
      const measured = await measure(relay, clients);
      // The first round is for warming up.
      if (round >= 0) samples.push(measured);
    }
  }
  const perSecond = [self, client].map(({ samples }) => samples.map((sample) => sample.perSecond));
  const addedUs = client.samples.map(({ cpuUs }, i) => cpuUs - self.samples[i].cpuUs);
  return [
    kind,
    ...perSecond.map((values) => median(values).toFixed(0)),
    medianRatio(perSecond[1], perSecond[0]).toFixed(2),
    median(addedUs).toFixed(1),
  ];
}

async function run(): Promise<void> {
  chmodSync(directory, 0o755);
  await contest.start('server', [upstream], OTHER_CPU);
  chmodSync(upstream, 0o777);
  const rows = [['', 'self, connections/s', 'client', 'client : self', 'relay CPU more, µs each']];
  for (const kind of Object.keys(KINDS)) rows.push(await compare(kind as keyof typeof KINDS));
  stdout.write(`${alignedTable(rows)}\n`);
}

try {
  if (geteuid?.() !== 0) throw new Error('only root can start clients of other users');
  await run();
} finally {
  await contest.end();
  rmSync(directory, { recursive: true });
}
