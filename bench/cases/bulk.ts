import type { Bench, Flow } from '../bench.js';
import type { Case } from './case.js';
import { context, contextFigures, relayCpuPer, relayedSubjects } from './relayed.js';

const WRITE_BYTES = 64 * 2 ** 10;
const MIB = 2 ** 20;
const MS_A_SECOND = 1000;
const BYTES_A_MB = 1e6;

/** One way, from the clients to the servers, as fast as it goes. */
export function bulk(connections: number): Case {
  return {
    name: `bulk-${connections}`,
    title: `one way, ${connections} ${connections === 1 ? 'connection' : 'connections'}, writes of 64 KiB`,
    figures: [
      { key: 'mbPerS', title: 'MB/s', digits: 0 },
      { key: 'cpuNsPerMib', title: 'relay CPU ns/MiB', digits: 0 },
      ...contextFigures,
    ],
    prepare: (bench) => relayedSubjects(bench, (flow) => measure(bench, flow, connections)),
  };
}

async function measure(bench: Bench, { relay, servePath }: Flow, connections: number) {
  const { connectPath, pid: relayPid } = relay;
  const job = {
    type: 'bulk',
    connections,
    writeBytes: WRITE_BYTES,
    connectPath,
    servePath,
    relayPid,
  } as const;
  const { usage, traffic, bytes } = await bench.load.run({ ...job, ...bench.conditions });
  const sample = {
    mbPerS: (bytes / BYTES_A_MB / usage.elapsedMs) * MS_A_SECOND,
    ...relayCpuPer(usage, 'cpuNsPerMib', bytes / MIB),
    ...context(usage),
  };
  return { sample, traffic };
}
