import assert from 'node:assert/strict';
import { LOGS_DROPPED } from '../../../src/processors/enrich/instruments.js';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { callsIn } from './support/call-row.js';
import { Decoding } from './support/decoding.js';

describe('EnrichThread', () => {
  const cleanup = useCleanup();

  it('takes in what relay threads have reported before it asks what a flow is called', async () => {
    const decoding = new Decoding(cleanup, { spanRatio: 1 });
    decoding.enrichThread.watch();
    const flow = decoding.addLateFlow('c1');
    await decoding.ask(flow, 0, 'first', '1');
    decoding.answer(flow, 0, '1');
    await eventually('its call is counted', () => decoding.totalOf('c1') === 1);
    assert.deepEqual(decoding.callsOf('c1'), { first: { calls: 1, durations: 1 } });
    await eventually('its span is there', () => decoding.spans.has('container c1'));
    const [span] = decoding.spans.get('container c1') ?? [];
    assert.deepEqual(
      ['uds.socket.name', 'container.id', 'rpc.method'].map((name) => span?.attributes[name]),
      ['rpc', 'c1', 'first'],
    );
    const { events } = await decoding.enrichThread.read(0, 10);
    assert.deepEqual(new Set(events.map(({ container }) => container['container.id'])), new Set(['c1']));
  });

  it('knows whose events are when their flow has ended', async () => {
    const decoding = new Decoding(cleanup);
    decoding.enrichThread.watch();
    const flow = decoding.addFlow('c1');
    await decoding.ask(flow, 0, 'a', '1');
    decoding.answer(flow, 0, '1');
    await eventually('its call is counted', () => decoding.totalOf('c1') === 1);
    decoding.endFlow(flow);
    await eventually('its series has ended', () => decoding.calls.readings().length === 0);
    const { events } = await decoding.enrichThread.read(0, 10);
    assert.equal(events.length, 3);
    for (const { container } of events) assert.deepEqual(container, { 'container.id': 'c1' });
  });

  for (const payload of ['none', 'raw'] as const) {
    it(`remembers streams while somebody watches them, with payload ${payload}`, async () => {
      const decoding = new Decoding(cleanup, { payload });
      decoding.enrichThread.watch();
      const flow = decoding.addFlow('c1');
      await decoding.ask(flow, 0, 'before', '1');
      await decoding.read();
      const stop = decoding.enrichThread.watchStreams();
      // It is known by now.
      await decoding.enrichThread.range();
      await decoding.ask(flow, 0, 'a', '2');
      await decoding.read();
      stop();
      stop();
      await decoding.enrichThread.range();
      await decoding.ask(flow, 0, 'after', '3');
      await decoding.read();
      const { events } = await decoding.enrichThread.read(0, 100);
      const streams = events.flatMap((event) => (event.type === 'stream' ? [event] : []));
      const line = `${JSON.stringify({ jsonrpc: '2.0', id: '2', method: 'a' })}\n`;
      const data = payload === 'raw' ? { data: Buffer.from(line).toString('base64') } : {};
      assert.equal(streams.length, 1);
      const { timeMs, connection, ...part } = streams[0]!;
      assert.ok(Math.abs(Date.now() - timeMs) < 60_000 && connection !== '');
      assert.deepEqual(part, {
        type: 'stream',
        socket: 'rpc',
        path: '/run/rpc',
        container: { 'container.id': 'c1' },
        protocol: 'jsonrpc',
        direction: 'send',
        pieces: [{ kept: line.length, skipped: 0, ...data }],
        begins: false,
        isBehindGap: false,
        ends: false,
      });
    });
  }

  it('keeps calls while exporters are replaced, in order, and counts those that find no room', async () => {
    const calls = 10_000;
    const decoding = new Decoding(cleanup, { logs: true });
    const flow = decoding.addFlow('c1');
    const release = decoding.enrichThread.holdCalls();
    for (let call = 0; call < calls; call++) {
      await decoding.ask(flow, 0, `m${call % 100}`, String(call));
      decoding.answer(flow, 0, String(call));
    }
    decoding.endFlow(flow);
    await eventually('all are counted', () => decoding.totalOf('c1') === calls);
    assert.equal(decoding.logs.size, 0);
    release();
    const records = () => decoding.logs.get('container c1') ?? [];
    await eventually('its series has ended', () => decoding.calls.readings().length === 0);
    assert.equal(records().length + decoding.health(LOGS_DROPPED), calls);
    assert.ok(records().length > 4096, `${records().length} were kept`);
    const times = records().map(({ startMs }) => startMs);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    // Nothing waits for a gate that was opened.
    const next = decoding.addFlow('c1');
    await decoding.ask(next, 1, 'next', '1');
    decoding.answer(next, 1, '1');
    await eventually('the next has a record', () => records().at(-1)?.name === 'next');
  });

  it('counts flows whose series are the same in one', async () => {
    const decoding = new Decoding(cleanup);
    const flows = [1, 2, 3].map(() => decoding.addFlow('c1'));
    for (const flow of flows) {
      await decoding.ask(flow, flow, 'a', '1');
      decoding.answer(flow, flow, '1');
    }
    await eventually('all are counted', () => decoding.totalOf('c1') === 3);
    assert.equal(decoding.calls.size, 1);
    for (const flow of flows.slice(1)) decoding.endFlow(flow);
    await decoding.ask(flows[0], flows[0], 'a', '2');
    decoding.answer(flows[0], flows[0], '2');
    await eventually('it goes on', () => decoding.totalOf('c1') === 4);
    assert.deepEqual(
      decoding.calls.readings().map(({ totals }) => callsIn(totals)),
      [4],
    );
  });

  it('has counted all that was in its rings when it is shut down', async () => {
    const decoding = new Decoding(cleanup);
    const flow = decoding.addFlow('c1');
    for (let call = 0; call < 100; call++) {
      await decoding.ask(flow, 0, `m${call}`, String(call));
      decoding.answer(flow, 0, String(call));
    }
    await decoding.enrichThread.shutdown();
    assert.equal(decoding.totalOf('c1'), 100);
  });
});
