import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { DROPPED_BY_OVERWRITING } from '../../src/processors/capture/drops.js';
import { EnrichThread } from '../../src/processors/enrich/enrich-thread.js';
import {
  CALL_INSTRUMENTS,
  LOSS_INSTRUMENTS,
  METHOD_INSTRUMENTS,
} from '../../src/processors/enrich/instruments.js';
import { FIRST_DROP } from '../../src/receivers/uds/counters.js';
import { SeriesTable } from '../../src/telemetry/series-table.js';
import { durationsIn } from '../processors/enrich/support/call-row.js';
import { AttributedReceiver } from '../support/attribution/attributed-receiver.js';
import { headsCaptured, RPC_DECODED } from '../support/attribution/calls-captured.js';
import { cgroupOf, containerId } from '../support/attribution/fake-processes.js';
import { Child } from '../support/child.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';

const [QUIET, LOUD] = [1, 2];
const CALLS = 15;
const APART_MS = 5;

const LIMITS = { maxSeries: 1000, lingerMs: 60_000, resumes: true };

describe('two containers on one socket, of which one is loud', () => {
  const cleanup = useCleanup();
  let agent: AttributedReceiver;
  let calls: SeriesTable;

  beforeEach(async () => {
    const enrichThread = new EnrichThread(pino({ level: 'silent' }));
    cleanup.defer(() => enrichThread.shutdown());
    calls = new SeriesTable(CALL_INSTRUMENTS, LIMITS);
    const methods = new SeriesTable(METHOD_INSTRUMENTS, LIMITS);
    const observer = enrichThread.channel(RPC_DECODED, {
      calls,
      methods,
      losses: new SeriesTable(LOSS_INSTRUMENTS, LIMITS),
      spans: () => {},
      logs: () => {},
    });
    agent = new AttributedReceiver(cleanup);
    await agent.serve('a', 'rpc');
    await agent.apply(['a'], {
      capture: () => headsCaptured(observer, 256),
    });
  });

  /** What a table has counted for a container. */
  function countOf(table: SeriesTable, container: number, value: (totals: Float64Array) => number): number {
    const readings = table.readings();
    const own = readings.filter(({ series }) => series.attributes['container.id'] === containerId(container));
    return own.reduce((sum, { totals }) => sum + value(totals), 0);
  }

  it('have all calls of the other counted, and what is lost under the name of the loud one', async () => {
    // A process that has begun to run, and is that container's, connects.
    const loud = Child.start(cleanup, 'loud', ['wait', agent.path('a.relay'), 'batches', 4]);
    const { pid } = await loud.hear<{ pid: number }>();
    agent.host.startContainer(LOUD);
    agent.host.put(cgroupOf(LOUD), { pid });
    loud.say('go');
    agent.host.enter(QUIET);
    const client = await agent.connect('a');
    for (let id = 0; id < CALLS; id++) {
      client.send(Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id, method: 'quiet', params: [] })}\n`));
      assert.match(String(await client.receiveSome()), /done/);
      await sleep(APART_MS);
    }
    await loud.kill('SIGKILL');
    const decoded = () => countOf(calls, QUIET, durationsIn);
    await eventually(
      'all calls of the quiet one are counted with durations',
      () => decoded() === CALLS,
      decoded,
    );
    const dropped = (container: number) =>
      countOf(agent.table, container, (totals) => totals[FIRST_DROP + DROPPED_BY_OVERWRITING]);
    assert.equal(dropped(QUIET), 0);
    assert.ok(dropped(LOUD) > 0);
  });
});
