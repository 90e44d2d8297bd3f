/**
 * A great many short containers, one after the other, through one shared socket: how long each takes, and whether it
 * leaves anything behind. Run it with `TMPDIR=/dev/shm node --expose-gc dist/bench/churn/main.js [CONTAINERS]`.
 */
import { performance } from 'node:perf_hooks';
import { AttributedReceiver } from '../../test/support/attribution/attributed-receiver.js';
import { BYTES, Churn, countWatches } from '../../test/support/attribution/churn.js';
import { HOST_CGROUP } from '../../test/support/attribution/fake-processes.js';
import { Cleanup } from '../../test/support/cleanup.js';
import { eventually } from '../../test/support/eventually.js';
import { alignedTable } from '../report/table.js';

const CONTAINERS = 100_000;
const LIVE = 200;
const PARTS = 5;
const MIB = 2 ** 20;

const containers = Number(process.argv[2] ?? CONTAINERS);

async function measure(cleanup: Cleanup): Promise<string[][]> {
  const agent = new AttributedReceiver(cleanup, { maxSeries: 2 * LIVE, lingerMs: 0 });
  let removedBytes = 0;
  agent.table.onRemoval((series) => {
    removedBytes += agent.countsOf(series.totals())[0];
  });
  await agent.serve('a');
  await agent.apply(['a']);
  agent.host.put(HOST_CGROUP);
  const churn = new Churn(agent, LIVE);
  const rows = [['containers', 'ms each', 'RSS MiB', 'heap MiB', 'series', 'flows', 'watches']];
  const flows = () => {
    agent.receiver.drainReports();
    return [...agent.receiver.sockets].flatMap(({ flows }) => [...flows]).length;
  };
  const note = (each: string) => {
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    const figures = [rss / MIB, heapUsed / MIB].map((mib) => mib.toFixed(1));
    const series = agent.table.readings().length;
    rows.push([String(churn.started), each, ...figures, ...[series, flows(), countWatches()].map(String)]);
  };
  note('');
  for (let part = 0; part < PARTS; part++) {
    const startedMs = performance.now();
    await churn.run(containers / PARTS);
    note(((performance.now() - startedMs) / (containers / PARTS)).toFixed(3));
  }
  churn.end();
  await eventually('nothing is left', () => flows() === 0);
  note('');
  const [sentBytes] = agent.total();
  rows.push([`${sentBytes + removedBytes} bytes counted of ${churn.started * BYTES}`]);
  return rows;
}

const cleanup = new Cleanup();
try {
  console.log(alignedTable(await measure(cleanup)));
} finally {
  await cleanup.run();
}
