import type { Bench, Flow } from '../bench.js';
import type { Case } from './case.js';
import { context, contextFigures, relayCpuPer, relayedSubjects } from './relayed.js';

/** Operations as the relay sees them: it receives the request and the answer. */
const OPERATIONS_A_ROUND_TRIP = 2;
const MS_A_SECOND = 1000;
const NS_A_US = 1000;

/** Request and response: each client waits for its answer before it sends again. */
export function echo(connections: number, messageBytes: number): Case {
  const plural = connections === 1 ? 'connection' : 'connections';
  return {
    name: `echo-${connections}x${messageBytes}`,
    title: `request/response, ${connections} ${plural}, ${messageBytes} bytes each way`,
    figures: [
      { key: 'roundTripsPerS', title: 'round trips/s', digits: 0 },
      { key: 'p50Us', title: 'p50 us', digits: 1 },
      { key: 'p99Us', title: 'p99 us', digits: 1 },
      { key: 'cpuNsPerOperation', title: 'relay CPU ns/op', digits: 0 },
      ...contextFigures,
    ],
    prepare: (bench) => relayedSubjects(bench, (flow) => measure(bench, flow, connections, messageBytes)),
  };
}

async function measure(bench: Bench, { relay, servePath }: Flow, connections: number, messageBytes: number) {
  const { connectPath, pid: relayPid } = relay;
  const job = {
    type: 'echo',
    content: 'random',
    connections,
    messageBytes,
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
    ...context(usage),
  };
  return { sample, traffic };
}
