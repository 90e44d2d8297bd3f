import type { Bench, Flow } from '../bench.js';
import type { Case } from './case.js';
import { MAIN } from './echo.js';
import { context, contextFigures, relayCpuPer, relayedSubjects } from './relayed.js';

const MESSAGE_BYTES = 128;
const MS_A_SECOND = 1000;

/** Clients that connect, ask once and close, so many at a time. */
export function churn(connections: number): Case {
  return {
    name: `churn-${connections}`,
    title: `connections of one request and answer of ${MESSAGE_BYTES} bytes, ${connections} at a time`,
    figures: [
      { key: 'connectionsPerS', title: 'connections/s', digits: 0 },
      { key: 'cpuNsPerConnection', title: 'relay CPU ns/connection', digits: 0 },
      ...contextFigures,
    ],
    contestants: MAIN,
    prepare: (bench) => relayedSubjects(bench, (flow) => measure(bench, flow, connections)),
  };
}

async function measure(bench: Bench, { relay, servePath }: Flow, connections: number) {
  const { connectPath, pid: relayPid } = relay;
  const job = {
    type: 'churn',
    connections,
    messageBytes: MESSAGE_BYTES,
    connectPath,
    servePath,
    relayPid,
  } as const;
  const { usage, traffic, connections: closed } = await bench.load.run({ ...job, ...bench.conditions });
  const sample = {
    connectionsPerS: (closed * MS_A_SECOND) / usage.elapsedMs,
    ...relayCpuPer(usage, 'cpuNsPerConnection', closed),
    ...context(usage),
  };
  return { sample, traffic };
}
