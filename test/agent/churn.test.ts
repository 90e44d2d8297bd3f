import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { AttributedReceiver } from '../support/attribution/attributed-receiver.js';
import { BYTES, Churn, countWatches } from '../support/attribution/churn.js';
import { HOST_CGROUP } from '../support/attribution/fake-processes.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';

const CONTAINERS = 750;
const LIVE = 50;
/** What is left over from one fifth of them must not be left over from the next. */
const HEAP_BYTES_MORE = 2 * 2 ** 20;

describe('containers that come and go', () => {
  const cleanup = useCleanup();
  let agent: AttributedReceiver;
  let churn: Churn;
  /** Of the series that are not shown any more. */
  let removed: [sent: number, opened: number];

  async function start(maxSeries: number): Promise<void> {
    agent = new AttributedReceiver(cleanup, { maxSeries, lingerMs: 0 });
    removed = [0, 0];
    agent.table.onRemoval((series) => {
      const [sent, opened] = agent.countsOf(series.totals());
      removed = [removed[0] + sent, removed[1] + opened];
    });
    await agent.serve('a');
    await agent.apply(['a']);
    agent.host.put(HOST_CGROUP);
    churn = new Churn(agent, LIVE);
  }

  const flows = () => {
    agent.receiver.drainReports();
    return [...agent.receiver.sockets].flatMap(({ flows }) => [...flows]);
  };

  const flowCountIs = (count: number) =>
    eventually(
      `there are ${count} flows`,
      () => flows().length === count,
      () => flows().length,
    );

  /** What all series have counted, those that are gone included. */
  function allCounted(): number[] {
    const shown = agent.total();
    return shown.map((count, i) => count + (removed[i] ?? 0));
  }

  it('are all shown while they live, leave nothing behind, and are counted exactly', async function () {
    this.timeout(120_000);
    await start(10_000);
    const watches = countWatches();
    await churn.run(CONTAINERS / 5);
    const before = heapBytes();
    await churn.run((4 * CONTAINERS) / 5);
    const more = heapBytes() - before;
    await flowCountIs(LIVE);
    assert.deepEqual(
      agent.shown(),
      Object.fromEntries(churn.living.map((container) => [`a host #${container}`, [BYTES, 1]])),
    );
    assert.ok(more < HEAP_BYTES_MORE, `${more} bytes more`);
    assert.deepEqual(allCounted(), [CONTAINERS * BYTES, CONTAINERS]);
    churn.end();
    await flowCountIs(0);
    assert.deepEqual(agent.shown(), {});
    assert.deepEqual(allCounted(), [CONTAINERS * BYTES, CONTAINERS]);
    assert.equal(countWatches(), watches);
    assert.deepEqual(agent.unattributed(), {});
  });

  it('are counted together above the limit, exactly', async () => {
    await start(LIVE / 2);
    await churn.run(LIVE * 4);
    await flowCountIs(LIVE);
    const { overflow, ...named } = agent.shown();
    assert.equal(Object.keys(named).length <= LIVE / 2, true);
    assert.ok(overflow !== undefined && overflow[1] > 0);
    assert.deepEqual(allCounted(), [LIVE * 4 * BYTES, LIVE * 4]);
    churn.end();
    await flowCountIs(0);
    assert.deepEqual(Object.keys(agent.shown()), ['overflow']);
    assert.deepEqual(allCounted(), [LIVE * 4 * BYTES, LIVE * 4]);
  });
});

/** Bytes that somebody still holds. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}
