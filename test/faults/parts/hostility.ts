import { setTimeout as sleep } from 'node:timers/promises';
import { Cleanup } from '../../support/cleanup.js';
import { waitFor } from '../../support/process.js';
import { FaultedAgent } from '../agent.js';
import { startProgram, startReady } from '../program.js';
import type { PartReport } from '../report.js';

/** Kinds of programs/hostile.ts. */
export const HOSTILE_KINDS = [
  'calls',
  'bytes',
  'texts',
  'deep',
  'methods',
  'pending',
  'deaf',
  'connects',
  'holds',
] as const;

const WARM_UP_MS = 500;
const DECODED_MS = 10_000;

interface QuietResult {
  readonly calls: number;
  readonly answered: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

interface Decoded {
  readonly calls: number;
  readonly durations: number;
}

export interface HostilitySettings {
  /** Of each measurement. */
  readonly seconds: number;
  readonly kinds: readonly string[];
}

/** A client that minds its own business, alone and then beside one that takes what it can get. */
export async function hostility({ seconds, kinds }: HostilitySettings): Promise<PartReport[]> {
  const reports: PartReport[] = [];
  for (const kind of kinds) reports.push(await besideHostile(kind, seconds));
  return reports;
}

async function besideHostile(kind: string, seconds: number): Promise<PartReport> {
  const cleanup = new Cleanup();
  const failures: string[] = [];
  try {
    const agent = await FaultedAgent.start(cleanup);
    for (const name of ['quiet', 'hostile'] as const) {
      await startReady(cleanup, 'service', [agent.upstream(name)]);
    }
    const quiet = () => measure(agent, cleanup, seconds, failures);
    const alone = await quiet();
    // The same load, past the agent: what it costs to share a machine, which no agent can help.
    const elsewhere = await withHostile(cleanup, kind, agent.upstream('hostile'), failures, quiet);
    const descriptors = agent.allowance();
    const beside = await withHostile(cleanup, kind, agent.listen('hostile'), failures, quiet);
    const residentMib = agent.residentMib();
    const left = await agent.settle(descriptors);
    if (left.connections !== 0) failures.push(`${left.connections} connections are left`);
    agent.check();
    const figures = {
      calls: beside.calls,
      'µs p50 alone': alone.p50Us.toFixed(0),
      elsewhere: elsewhere.p50Us.toFixed(0),
      beside: beside.p50Us.toFixed(0),
      'p99 alone': alone.p99Us.toFixed(0),
      'elsewhere ': elsewhere.p99Us.toFixed(0),
      'beside ': beside.p99Us.toFixed(0),
      'beside/elsewhere': (beside.p99Us / elsewhere.p99Us).toFixed(2),
      'agent MiB': residentMib.toFixed(0),
    };
    return { name: `beside ${kind}`, figures, failures };
  } finally {
    await cleanup.run();
  }
}

/** Does something while a hostile client is at work on the socket at `path`. */
async function withHostile<T>(
  cleanup: Cleanup,
  kind: string,
  path: string,
  failures: string[],
  action: () => Promise<T>,
): Promise<T> {
  const hostile = await startReady(cleanup, 'hostile', [kind, path]);
  await sleep(WARM_UP_MS);
  const result = await action();
  if (hostile.exit !== undefined) failures.push(`the hostile client has ended: ${hostile.describe()}`);
  await hostile.kill();
  return result;
}

async function measure(
  agent: FaultedAgent,
  cleanup: Cleanup,
  seconds: number,
  failures: string[],
): Promise<QuietResult> {
  const before = await decodedOf(agent);
  const quiet = await startProgram(cleanup, 'quiet', [agent.listen('quiet'), String(seconds)]);
  await waitFor('the quiet client to be done', () => quiet.exit, { timeoutMs: seconds * 1000 + 60_000 });
  await quiet.exited;
  if (quiet.output === '') throw new Error(quiet.describe());
  const result = JSON.parse(quiet.output) as QuietResult;
  if (result.answered !== result.calls)
    failures.push(`${result.answered} of ${result.calls} calls were answered`);
  const decoded = await decodedSince(agent, before, result.calls);
  if (decoded.calls !== result.calls || decoded.durations !== result.calls)
    failures.push(
      `of ${result.calls} calls ${decoded.calls} were decoded, ${decoded.durations} with a duration`,
    );
  return result;
}

/** The enrich thread may have much to read before it comes to the last of them. */
async function decodedSince(agent: FaultedAgent, before: Decoded, calls: number): Promise<Decoded> {
  let since: Decoded = { calls: 0, durations: 0 };
  const isThere = async () => {
    const now = await decodedOf(agent);
    since = { calls: now.calls - before.calls, durations: now.durations - before.durations };
    return since.calls >= calls && since.durations >= calls;
  };
  await waitFor('the calls to be decoded', isThere, { timeoutMs: DECODED_MS, intervalMs: 200 }).catch(
    () => {},
  );
  return since;
}

async function decodedOf(agent: FaultedAgent): Promise<Decoded> {
  const page = await agent.metrics();
  const sum = (name: string, suffix?: string) =>
    (page.get(name)?.samples ?? [])
      .filter(({ labels, suffix: own }) => own === suffix && isQuietCall(labels))
      .reduce((total, { value }) => total + value, 0);
  return {
    calls: sum('uds_method_calls_total'),
    durations: sum('rpc_server_call_duration_seconds', '_count'),
  };
}

/** By its name: what was counted as another method was not decoded as it should have been. */
function isQuietCall(labels: Readonly<Record<string, string>>): boolean {
  return (
    labels['container_id'] === 'quiet' &&
    labels['rpc_method']?.startsWith('quiet_') === true &&
    labels['error_type'] === undefined &&
    labels['udscope_outcome'] === undefined
  );
}
