import type { Bench, Flow } from '../bench.js';
import type { Contestant } from '../contestants/contestant.js';
import type { Traffic, Usage } from '../load/jobs.js';
import type { Figure, Sample, Subject } from './case.js';

const NS_A_MS = 1e6;
const PERCENT = 100;

export const contextFigures: readonly Figure[] = [
  { key: 'relayBusy', title: 'relay busy %', digits: 0, isContext: true },
  { key: 'loadBusy', title: 'load busy %', digits: 0, isContext: true },
  { key: 'othersBusy', title: 'others busy %', digits: 0, isContext: true },
];

/** When others use more than this share of a processor, a figure says more about them than about the relay. */
const OTHERS_BUSY_PERCENT_MAX = 10;

/** How much of a processor the relay, the load generator and everything else used: shows what was the limit. */
export function context({ elapsedMs, relayCpuNs, loadCpuNs, othersCpuNs }: Usage): Sample {
  const share = (ns: number) => (PERCENT * ns) / (elapsedMs * NS_A_MS);
  const sample = { loadBusy: share(loadCpuNs), othersBusy: share(othersCpuNs) };
  return relayCpuNs === undefined ? sample : { relayBusy: share(relayCpuNs), ...sample };
}

/** Relay CPU time for each of `count` things, or nothing when there is no relay. */
export function relayCpuPer(usage: Usage, key: string, count: number): Sample {
  return usage.relayCpuNs === undefined ? {} : { [key]: usage.relayCpuNs / count };
}

type Measure = (flow: Flow) => Promise<{ sample: Sample; traffic: Traffic }>;

/** One subject for each contestant, each with a relay of its own that lives as long as the case. */
export function relayedSubjects(bench: Bench, measure: Measure): Promise<Subject[]> {
  const start = async (contestant: Contestant) =>
    relayedSubject(contestant.name, await bench.startRelay(contestant), bench.attempts, measure);
  return Promise.all(bench.contestants.map(start));
}

function relayedSubject(name: string, flow: Flow, attempts: number, measure: Measure): Subject {
  const total = { sentBytes: 0, receivedBytes: 0 };
  const measureOnce = async () => {
    const { sample, traffic } = await measure(flow);
    total.sentBytes += traffic.sentBytes;
    total.receivedBytes += traffic.receivedBytes;
    await checkCounts(flow, total);
    return sample;
  };
  let isWarm = false;
  return {
    name,
    async measure() {
      // The first measurement runs code that Node has not compiled yet, in the load generator, too.
      if (!isWarm) await measureOnce();
      isWarm = true;
      let sample = await measureOnce();
      for (let i = 1; i < attempts && isDisturbed(sample); i++) sample = await measureOnce();
      return sample;
    },
    stop: () => flow.relay.stop(),
  };
}

function isDisturbed({ othersBusy }: Sample): boolean {
  return othersBusy > OTHERS_BUSY_PERCENT_MAX;
}

/** A relay with counters must have counted every byte: counting is part of the measurement. */
async function checkCounts({ relay }: Flow, traffic: Traffic): Promise<void> {
  const counts = await relay.counted?.();
  if (counts === undefined) return;
  if (counts.sendBytes === traffic.sentBytes && counts.recvBytes === traffic.receivedBytes) return;
  throw new Error(`the relay counted ${JSON.stringify(counts)} of ${JSON.stringify(traffic)}`);
}
