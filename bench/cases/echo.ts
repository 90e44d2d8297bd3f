import type { Bench, Flow } from '../bench.js';
import type { EchoJob } from '../load/jobs.js';
import type { Case } from './case.js';
import { context, contextFigures, relayCpuPer, relayedSubjects } from './relayed.js';

/** Operations as the relay sees them: it receives the request and the answer. */
const OPERATIONS_A_ROUND_TRIP = 2;
const MS_A_SECOND = 1000;
const NS_A_US = 1000;

/** Those that a relay is weighed against, where measuring all of them would take too long. */
export const MAIN = ['direct', 'udscope', 'udscope, observing', 'HAProxy', 'C, recv and send'];

export interface EchoSettings {
  /** Further connections, over which nothing ever goes. */
  readonly silentConnections?: number;
  readonly contestants?: readonly string[];
}

/** The same, of the main contestants alone. */
export function mainEcho(connections: number, messageBytes: number, silentConnections = 0): Case {
  return echo(connections, messageBytes, { contestants: MAIN, silentConnections });
}

/** Request and response: each client waits for its answer before it sends again. */
export function echo(connections: number, messageBytes: number, settings: EchoSettings = {}): Case {
  const plural = connections === 1 ? 'connection' : 'connections';
  const { silentConnections = 0, contestants } = settings;
  const beside = silentConnections === 0 ? '' : `-beside-${silentConnections}`;
  const besideText = silentConnections === 0 ? '' : `, beside ${silentConnections} that are silent`;
  return {
    name: `echo-${connections}x${messageBytes}${beside}`,
    title: `request/response, ${connections} ${plural}, ${messageBytes} bytes each way${besideText}`,
    ...(contestants === undefined ? {} : { contestants }),
    figures: [
      { key: 'roundTripsPerS', title: 'round trips/s', digits: 0 },
      { key: 'p50Us', title: 'p50 us', digits: 1 },
      { key: 'p99Us', title: 'p99 us', digits: 1 },
      { key: 'cpuNsPerOperation', title: 'relay CPU ns/op', digits: 0 },
      { key: 'endsCpuNs', title: 'ends CPU ns/round trip', digits: 0 },
      ...contextFigures,
    ],
    prepare: (bench) =>
      relayedSubjects(bench, (flow) =>
        measure(bench, flow, { connections, messageBytes, silentConnections }),
      ),
  };
}

type Size = Pick<EchoJob, 'connections' | 'messageBytes' | 'silentConnections'>;

async function measure(bench: Bench, { relay, servePath }: Flow, size: Size) {
  const { connectPath, pid: relayPid } = relay;
  const job = {
    type: 'echo',
    content: 'json-rpc',
    ...size,
    connectPath,
    servePath,
    relayPid,
    ...bench.conditions,
  } as const;
  const { usage, traffic, roundTrips, latencyP50Ns, latencyP99Ns } = await bench.load.run(job);
  const sample = {
    roundTripsPerS: (roundTrips * MS_A_SECOND) / usage.elapsedMs,
    p50Us: latencyP50Ns / NS_A_US,
    p99Us: latencyP99Ns / NS_A_US,
    ...relayCpuPer(usage, 'cpuNsPerOperation', roundTrips * OPERATIONS_A_ROUND_TRIP),
    // Both ends are the load generator: what the applications pay for talking through the relay.
    endsCpuNs: usage.loadCpuNs / roundTrips,
    ...context(usage),
  };
  return { sample, traffic };
}
