import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Bench } from '../bench.js';
import { Running } from '../contestants/process.js';
import type { CapturedCounts } from '../relays/udscope-captured.js';
import type { Case, Sample, Subject } from './case.js';

const MS_A_SECOND = 1000;
const NS_A_US = 1000;
const PERCENT = 100;

/** What is captured, by the name of the row; the first captures nothing. */
const CAPTURES: readonly (readonly [name: string, processor: unknown])[] = [
  ['udscope', null],
  ['size_limit 512, send', { max_bytes: 512, directions: ['send'] }],
  ['size_limit 512, both', { max_bytes: 512 }],
  ['full, both', { strategy: 'full' }],
  ['sampling 0.1, send', { strategy: 'sampling', ratio: 0.1, directions: ['send'] }],
];

/**
 * JSON-RPC requests and answers, captured and decoded in various ways. The relay thread and the load share one
 * processor; the enrich thread has the other one to itself.
 */
export function capture(connections: number, messageBytes: number): Case {
  return {
    name: `capture-${connections}x${messageBytes}`,
    title: `JSON-RPC, ${connections} connections, ${messageBytes} bytes each way, captured and decoded`,
    figures: [
      { key: 'roundTripsPerS', title: 'round trips/s', digits: 0 },
      { key: 'relayNsPerOperation', title: 'relay thread CPU ns/op', digits: 0 },
      { key: 'p99Us', title: 'p99 us', digits: 1 },
      { key: 'decodedPercent', title: 'requests decoded %', digits: 1, isContext: true },
    ],
    prepare: (bench) => prepare(bench, connections, messageBytes),
  };
}

interface CapturedRelay {
  running: Running;
  connectPath: string;
  servePath: string;
}

async function prepare(bench: Bench, connections: number, messageBytes: number): Promise<Subject[]> {
  const { load, relay: other } = bench.placement;
  // Without two processors to choose from the enrich thread has none of its own.
  if (load === undefined || other === undefined) return [];
  const subjects: Subject[] = [];
  for (const [name, processor] of CAPTURES) {
    const relay = await startRelay(bench, processor, load, other);
    subjects.push({
      name,
      measure: () => measure(bench, relay, connections, messageBytes),
      stop: () => relay.running.stop(),
    });
  }
  return subjects;
}

async function startRelay(
  bench: Bench,
  processor: unknown,
  load: number,
  other: number,
): Promise<CapturedRelay> {
  const directory = mkdtempSync(join(bench.directory, 'capture-'));
  const connectPath = join(directory, 'relay.sock');
  const servePath = join(directory, 'upstream.sock');
  const script = fileURLToPath(new URL('../relays/udscope-captured.js', import.meta.url));
  const args = [connectPath, servePath, JSON.stringify(processor), String(load), String(other)];
  const running = new Running([execPath, script, ...args], other, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await Promise.race([once(running.child, 'message'), running.failure()]);
  return { running, connectPath, servePath };
}

async function measure(
  bench: Bench,
  relay: CapturedRelay,
  connections: number,
  messageBytes: number,
): Promise<Sample> {
  const { connectPath, servePath, running } = relay;
  const route = { connectPath, servePath, relayPid: running.pid };
  const job = { type: 'echo', content: 'json-rpc', connections, messageBytes } as const;
  // The first measurement runs code that Node has not compiled yet.
  if (!warm.has(relay)) await bench.load.run({ ...job, ...route, ...bench.conditions });
  warm.add(relay);
  const before = await counts(running);
  const result = await bench.load.run({ ...job, ...route, ...bench.conditions });
  const after = await counts(running);
  const operations = after.sendOps + after.recvOps - before.sendOps - before.recvOps;
  return {
    roundTripsPerS: (result.roundTrips * MS_A_SECOND) / result.usage.elapsedMs,
    relayNsPerOperation: (after.relayCpuNs - before.relayCpuNs) / operations,
    p99Us: result.latencyP99Ns / NS_A_US,
    ...decoded(before, after),
  };
}

const warm = new WeakSet<CapturedRelay>();

function decoded(before: CapturedCounts, after: CapturedCounts): Sample {
  const calls = after.calls - before.calls;
  return calls === 0 ? {} : { decodedPercent: (PERCENT * calls) / (after.sendOps - before.sendOps) };
}

async function counts({ child }: Running): Promise<CapturedCounts> {
  const message = once(child, 'message') as Promise<[CapturedCounts]>;
  child.send('counts');
  const [answer] = await message;
  return answer;
}
