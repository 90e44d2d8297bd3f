import type { Bench } from '../bench.js';
import type { Contestant } from '../contestants/contestant.js';
import type { Case, Sample } from './case.js';

const MIB = 2 ** 20;

/** Connections that have been used once and then say nothing. A new relay for every measurement. */
export function idle(connections: number): Case {
  return {
    name: `idle-${connections}`,
    title: `${connections} idle connections: resident memory of the relay`,
    figures: [
      { key: 'addedMib', title: 'added MiB', digits: 1 },
      { key: 'beforeMib', title: 'before, MiB', digits: 1 },
      { key: 'afterMib', title: 'after, MiB', digits: 1 },
    ],
    prepare: async (bench) =>
      bench.contestants
        .filter((contestant) => contestant.isOneProcess)
        .map((contestant) => ({
          name: contestant.name,
          measure: () => measure(bench, contestant, connections),
          stop: async () => {},
        })),
  };
}

async function measure(bench: Bench, contestant: Contestant, connections: number): Promise<Sample> {
  const { relay, servePath } = await bench.startRelay(contestant);
  const { connectPath, pid: relayPid } = relay;
  // A round trip through the first connection shows that the relay is up before its memory is measured.
  const route = { connectPath, servePath, relayPid };
  await bench.load.run({ type: 'idle', connections: 1, ...route });
  const result = await bench.load.run({ type: 'idle', connections, ...route });
  await relay.stop();
  const [before, after] = [result.residentBytesBefore / MIB, result.residentBytesAfter / MIB];
  return { addedMib: after - before, beforeMib: before, afterMib: after };
}
