import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { pino } from 'pino';
import { EnrichThread } from '../../src/processors/enrich/enrich-thread.js';
import {
  CALL_INSTRUMENTS,
  FAULTS,
  LOSS_INSTRUMENTS,
  METHOD_INSTRUMENTS,
} from '../../src/processors/enrich/instruments.js';
import { SeriesTable } from '../../src/telemetry/series-table.js';
import { callsIn } from '../processors/enrich/support/call-row.js';
import { AttributedReceiver } from '../support/attribution/attributed-receiver.js';
import { headsCaptured, RPC_DECODED } from '../support/attribution/calls-captured.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import type { RawStream } from '../support/raw-stream.js';

/** A scrape of many series, and what no agent should see. */
const SHORT_MS = 100;
const LONG_MS = 3000;

const RESUMING = { maxSeries: 1000, lingerMs: 60_000, resumes: true };

/** What was called, and how often, by container and method. */
type Calls = Readonly<Record<string, number>>;

describe('calls of containers on one socket', () => {
  const cleanup = useCleanup();
  let agent: AttributedReceiver;
  let enrichThread: EnrichThread;
  let calls: SeriesTable;
  let host: AttributedReceiver['host'];

  beforeEach(async () => {
    enrichThread = new EnrichThread(pino({ level: 'silent' }));
    cleanup.defer(() => enrichThread.shutdown());
    calls = new SeriesTable(CALL_INSTRUMENTS, RESUMING);
    agent = new AttributedReceiver(cleanup);
    ({ host } = agent);
    await agent.serve('a', 'rpc');
    await apply();
  });

  function apply(threads = 1): Promise<void> {
    const methods = new SeriesTable(METHOD_INSTRUMENTS, RESUMING);
    const observer = enrichThread.channel(RPC_DECODED, {
      calls,
      methods,
      losses: new SeriesTable(LOSS_INSTRUMENTS, RESUMING),
      spans: () => {},
      logs: () => {},
    });
    return agent.apply(['a'], {
      receiver: { threads },
      capture: () => headsCaptured(observer, 4096),
    });
  }

  function shown(): Calls {
    const readings = calls.readings();
    return Object.fromEntries(
      readings.map(({ series: { attributes }, totals }) => [
        `#${Number.parseInt(String(attributes['container.id']), 16)} ${attributes['rpc.method']}`,
        callsIn(totals),
      ]),
    );
  }

  const countsAre = (expected: Calls) =>
    eventually(
      'all calls are counted',
      () => {
        const found = shown();
        const keys = Object.keys({ ...found, ...expected });
        return keys.every((key) => found[key] === expected[key]);
      },
      shown,
    );

  /** A record that nobody knows is a fault. */
  const faults = () =>
    enrichThread.healthTable.readings().reduce((sum, { totals }) => sum + totals[FAULTS], 0);

  function send(client: RawStream, method: string, id = 1): void {
    client.send(Buffer.from(`${JSON.stringify({ jsonrpc: '2.0', id, method, params: [] })}\n`));
  }

  async function call(client: RawStream, method: string, id = 1): Promise<void> {
    send(client, method, id);
    const answer = await client.receiveSome();
    assert.match(String(answer), /done/);
  }

  /** The main thread does nothing else. */
  function block(ms: number): void {
    const endMs = performance.now() + ms;
    while (performance.now() < endMs);
  }

  it('are counted for each of them, from the first message on, exactly', async () => {
    await apply(2);
    const expected: Record<string, number> = {};
    for (let round = 0; round < 5; round++) {
      for (let container = 1; container <= 20; container++) {
        host.enter(container);
        const client = await agent.connect('a');
        for (let id = 0; id < container; id++) await call(client, 'm', id);
        client.close();
        expected[`#${container} m`] = (round + 1) * container;
      }
    }
    await countsAre(expected);
    assert.equal(faults(), 0);
  });

  it('are counted when the container that is new keeps quiet no moment, and the agent is busy', async () => {
    const expected: Record<string, number> = {};
    for (let container = 1; container <= 5; container++) {
      host.enter(container);
      const client = await agent.connect('a');
      for (let id = 0; id < 10; id++) send(client, 'first', id);
      block(SHORT_MS);
      expected[`#${container} first`] = 10;
    }
    await countsAre(expected);
    assert.equal(faults(), 0);
  });

  it('are counted when the agent is busy for seconds', async () => {
    host.enter(1);
    const known = await agent.connect('a');
    await call(known, 'known');
    await countsAre({ '#1 known': 1 });
    host.enter(2);
    const late = await agent.connect('a');
    send(late, 'late');
    send(known, 'known', 2);
    block(LONG_MS);
    for (let id = 2; id < 12; id++) await call(late, 'then', id);
    await countsAre({ '#1 known': 2, '#2 late': 1, '#2 then': 10 });
    assert.equal(faults(), 0);
  });

  it('start anew for a container that comes back under the same id, and go on for one that stays', async () => {
    for (const container of [1, 2]) {
      host.enter(container);
      const client = await agent.connect('a');
      await call(client, 'm');
      await countsAre(container === 1 ? { '#1 m': 1 } : { '#1 m': 1, '#2 m': 1 });
      client.close();
    }
    const startOf = () =>
      new Map(calls.readings().map(({ series }) => [series.attributes['container.id'], series]));
    const before = [...startOf().values()];
    host.endContainer(1);
    const flows = () => [...agent.receiver.sockets].flatMap(({ flows }) => [...flows]);
    await eventually('it has ended', () => flows().length === 1);
    await apply();
    for (const container of [1, 2]) {
      host.enter(container);
      const client = await agent.connect('a');
      await call(client, 'm');
      await call(client, 'm', 2);
    }
    await countsAre({ '#1 m': 2, '#2 m': 3 });
    const after = [...startOf().values()];
    assert.deepEqual(
      before.map((series) => after.includes(series)),
      [false, true],
    );
  });
});
