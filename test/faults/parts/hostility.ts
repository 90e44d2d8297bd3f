import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { median } from '../../../bench/measure/statistics.js';
import { Cleanup } from '../../support/cleanup.js';
import { type RealProcess, waitFor } from '../../support/process.js';
import { FaultedAgent } from '../agent.js';
import type { Ring } from '../agent-configuration.js';
import { startReady } from '../program.js';
import type { PartReport } from '../report.js';
import { OWN_SOCKETS, oneSocket, type Stage } from './stages.js';

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

/** What a client may have, where the configuration says nothing else; and one series for what goes beyond. */
const CONNECTIONS_MAX = 4096;
const SERIES_MAX = 2000 + 1;

/** What a client loses of what is observed. */
const LOSSES = ['udscope_capture_dropped_records_total', 'udscope_enrich_client_losses_total'] as const;

const WINDOW_MS = 500;
/** Until what a hostile client has left behind is worked off, and another is at full speed. */
const SETTLING_MS = 200;
/** How late the enrich thread comes is no matter of shares: it has as much time as it needs, unless nothing has come of it for so long. */
const NOTHING_DECODED_MS = 20_000;

/** More calls the quiet client never makes in a second, and so many records a call has (programs/quiet.ts). */
const QUIET_CALLS_A_SECOND = 1000;
const RECORDS_OF_CALL = 2;
/** What one of these records takes at most. */
const QUIET_RECORD_BYTES = 128;
/** The smallest share of a ring: a quarter of its first half, where another client took all it could get before. */
const SHARES_OF_RING = 8;
const RING_ENTRIES_MAX = 2 ** 20;

/** Quiet processes run on one core and hostile ones on another, so that it is the agent that both of them share. */
const QUIET_CORE = 0;
const HOSTILE_CORE = 1;

/**
 * Where the hostile client is. Elsewhere it has an agent of its own: that is what it costs to share a machine with it and a relay
 * of its traffic, which the agent cannot help.
 */
const PLACES = ['alone', 'elsewhere', 'beside'] as const;
type Place = (typeof PLACES)[number];

/** One after the other: what is open at a time is what one of them needs. */
const STAGES = [
  { name: 'on sockets of their own', set: () => OWN_SOCKETS },
  { name: 'on one socket', set: oneSocket },
] as const;

const ROUND_MS = PLACES.length * (WINDOW_MS + SETTLING_MS);

interface Window {
  readonly calls: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface HostilitySettings {
  /** Of all measurements of a kind. */
  readonly seconds: number;
  readonly kinds: readonly string[];
  /** Relay threads of the agents. */
  readonly threads: number;
}

/** A client that minds its own business, alone and then beside one that takes what it can get. */
export async function hostility({ kinds, ...settings }: HostilitySettings): Promise<PartReport[]> {
  const reports: PartReport[] = [];
  for (const kind of kinds) {
    for (const stage of STAGES) reports.push(await besideHostile(kind, stage, settings));
  }
  return reports;
}

async function besideHostile(
  kind: string,
  { name: stageName, set }: (typeof STAGES)[number],
  { seconds, threads }: Omit<HostilitySettings, 'kinds'>,
): Promise<PartReport> {
  const name = `beside ${kind} ${stageName}`;
  const cleanup = new Cleanup();
  const failures: string[] = [];
  try {
    const stage = set(cleanup);
    if (stage === undefined) return { name, figures: { 'not possible': 'cgroups cannot be made' }, failures };
    const rounds = roundsOf(seconds);
    const options = { ring: ringOutlasting(rounds), threads };
    const agent = await FaultedAgent.start(cleanup, options);
    const sharedUpstream = agent.upstream('shared');
    const agents = {
      elsewhere: await FaultedAgent.start(cleanup, { ...options, sharedUpstream }),
      beside: agent,
    } as const;
    const descriptors = agent.allowance();
    const services = new Set<string>();
    const serve = async (path: string, core: number) => {
      if (!services.has(path)) await startReady(cleanup, 'service', [path], { core });
      services.add(path);
    };
    await serve(agent.upstream(stage.quiet.socket), QUIET_CORE);
    const hostile = new Map<Place, RealProcess>();
    for (const place of ['elsewhere', 'beside'] as const) {
      const { socket, cgroup } = stage.hostile;
      await serve(agents[place].upstream(socket), HOSTILE_CORE);
      const args = [kind, agents[place].listen(socket)];
      const program = await startReady(cleanup, 'hostile', args, { core: HOSTILE_CORE, cgroup });
      program.signal('SIGSTOP');
      hostile.set(place, program);
    }
    const { socket, cgroup } = stage.quiet;
    const quiet = await startReady(cleanup, 'quiet', [agent.listen(socket)], { core: QUIET_CORE, cgroup });
    const windows = await alternate(quiet, hostile, rounds);
    for (const program of hostile.values()) {
      if (program.exit !== undefined) failures.push(`a hostile client has ended: ${program.describe()}`);
    }
    await checkDecoded(agent, quiet, stage.quiet.id, failures);
    const taken = await checkShares(agent, stage, failures);
    const residentMib = agent.residentMib();
    for (const program of hostile.values()) await program.kill();
    const left = await agent.settle(descriptors);
    if (left.connections !== 0) failures.push(`${left.connections} connections are left`);
    agent.check();
    return {
      name,
      figures: { ...figuresOf(windows), ...taken, 'agent MiB': residentMib.toFixed(0) },
      failures,
    };
  } finally {
    await cleanup.run();
  }
}

/** A window in each place is a round. */
function roundsOf(seconds: number): number {
  return Math.max(1, Math.round((seconds * 1000) / ROUND_MS));
}

/**
 * A ring in which the quiet client's share has room for all that it says. Then no record of it is lost because the enrich thread
 * came late, on whatever machine: one that is lost was taken by the hostile client.
 */
function ringOutlasting(rounds: number): Ring {
  const records = ((rounds * ROUND_MS) / 1000) * QUIET_CALLS_A_SECOND * RECORDS_OF_CALL;
  const entries = Math.min(RING_ENTRIES_MAX, Math.ceil(records * SHARES_OF_RING));
  return { entries, bytes: entries * QUIET_RECORD_BYTES };
}

/** Measures in short windows, so that whatever else the machine does falls on all places alike. */
async function alternate(
  quiet: RealProcess,
  hostile: ReadonlyMap<Place, RealProcess>,
  rounds: number,
): Promise<ReadonlyMap<Place, readonly Window[]>> {
  const windows = new Map<Place, Window[]>(PLACES.map((place) => [place, []]));
  for (let round = 0; round < rounds; round++) {
    for (const place of round % 2 === 0 ? PLACES : PLACES.toReversed()) {
      hostile.get(place)?.signal('SIGCONT');
      await sleep(SETTLING_MS);
      await windowOf(quiet);
      await sleep(WINDOW_MS);
      windows.get(place)?.push(await windowOf(quiet));
      hostile.get(place)?.signal('SIGSTOP');
    }
  }
  return windows;
}

/** What the quiet client has measured since it was last asked. */
async function windowOf(quiet: RealProcess): Promise<Window> {
  const before = quiet.outputEnd;
  quiet.signal('SIGUSR2');
  const said = await waitFor(
    'the quiet client to answer',
    () => /^.*\n/.exec(quiet.outputFrom(before))?.[0],
    { process: quiet, intervalMs: 2 },
  );
  return JSON.parse(said) as Window;
}

function figuresOf(windows: ReadonlyMap<Place, readonly Window[]>): Record<string, number | string> {
  const of = (place: Place, figure: keyof Window) =>
    median((windows.get(place) ?? []).map((window) => window[figure]));
  const ratio = (figure: keyof Window) =>
    median(
      (windows.get('beside') ?? []).map(
        (window, i) => window[figure] / (windows.get('elsewhere')?.[i][figure] ?? 0),
      ),
    );
  return {
    rounds: windows.get('beside')?.length ?? 0,
    calls: PLACES.map((place) => of(place, 'calls').toFixed(0)).join('/'),
    [`µs p50 ${PLACES.join('/')}`]: PLACES.map((place) => of(place, 'p50Us').toFixed(0)).join('/'),
    p99: PLACES.map((place) => of(place, 'p99Us').toFixed(0)).join('/'),
    'beside:elsewhere p50': ratio('p50Us').toFixed(2),
    'p99 ': ratio('p99Us').toFixed(2),
  };
}

/** Ends the quiet client. All of its calls must have been answered, and decoded with their durations. */
async function checkDecoded(
  agent: FaultedAgent,
  quiet: RealProcess,
  id: string,
  failures: string[],
): Promise<void> {
  quiet.signal('SIGTERM');
  await waitFor('the quiet client to be done', () => quiet.exit, { timeoutMs: 60_000 });
  await quiet.exited;
  const { calls, answered } = JSON.parse(quiet.output.trimEnd().split('\n').at(-1) ?? '') as {
    calls: number;
    answered: number;
  };
  if (answered !== calls) failures.push(`${answered} of ${calls} calls were answered`);
  // The enrich thread may have much to read before it comes to the last of them.
  let decoded = await decodedOf(agent, id);
  const isThere = async () => {
    const before = decoded;
    decoded = await decodedOf(agent, id);
    if (decoded.calls >= calls && decoded.durations >= calls) return 'all';
    return isDeepStrictEqual(decoded, before) ? undefined : 'more';
  };
  const next = () =>
    waitFor('calls to be decoded', isThere, { timeoutMs: NOTHING_DECODED_MS, intervalMs: 200 });
  while ((await next().catch(() => undefined)) === 'more');
  if (decoded.calls !== calls || decoded.durations !== calls)
    failures.push(`of ${calls} calls ${decoded.calls} were decoded, ${decoded.durations} with a duration`);
}

/** The quiet client has lost nothing to the hostile one, which has no more than its share. Returns what it has, and what it has lost. */
async function checkShares(
  agent: FaultedAgent,
  { quiet, hostile }: Stage,
  failures: string[],
): Promise<Record<string, number>> {
  const page = await agent.metrics();
  const samplesOf = (client: string, name: string) =>
    (page.get(name)?.samples ?? []).filter(({ labels }) => labels['container_id'] === client);
  const sum = (client: string, name: string) =>
    samplesOf(client, name).reduce((total, { value }) => total + value, 0);
  for (const name of [...LOSSES, 'uds_connection_errors_total']) {
    for (const { value, labels } of samplesOf(quiet.id, name)) {
      if (value > 0)
        failures.push(`the quiet client has lost something: ${name} ${value} ${labels['reason'] ?? ''}`);
    }
  }
  const connections = sum(hostile.id, 'uds_connections_active');
  const series = samplesOf(hostile.id, 'uds_method_calls_total').length;
  for (const [what, taken, most] of [
    ['connections', connections, CONNECTIONS_MAX],
    ['series', series, SERIES_MAX],
  ] as const) {
    if (taken > most) failures.push(`the hostile client has ${taken} ${what}, and may have ${most}`);
  }
  const [records, losses] = LOSSES.map((name) => sum(hostile.id, name));
  return { connections, series, 'lost records': records, 'other losses': losses };
}

async function decodedOf(agent: FaultedAgent, id: string): Promise<{ calls: number; durations: number }> {
  const page = await agent.metrics();
  const sum = (name: string, suffix?: string) =>
    (page.get(name)?.samples ?? [])
      .filter(({ labels, suffix: own }) => own === suffix && isQuietCall(labels, id))
      .reduce((total, { value }) => total + value, 0);
  return {
    calls: sum('uds_method_calls_total'),
    durations: sum('rpc_server_call_duration_seconds', '_count'),
  };
}

/** By its name: what was counted as another method was not decoded as it should have been. */
function isQuietCall(labels: Readonly<Record<string, string>>, id: string): boolean {
  return (
    labels['container_id'] === id &&
    labels['rpc_method']?.startsWith('quiet_') === true &&
    labels['error_type'] === undefined &&
    labels['udscope_outcome'] === undefined
  );
}
