import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.js';
import { Agent, soon } from '../support/exporter-fixture.js';
import type { OtlpReceiver } from '../support/otlp-receiver.js';
import { useOtlp } from './fixture.js';

const DELTA = { temporality: 'delta', interval: 120 } as const;

describe('an outage of what the otlphttp exporter sends to', () => {
  const { listen, start } = useOtlp();
  let agent: Agent;
  let receiver: OtlpReceiver;

  const failures = () => Object.keys(agent.health).filter((key) => key.startsWith('failures'));
  const failed = (reason: string, times: number) =>
    eventually(`${times} failures: ${reason}`, () => (agent.health[`failures: ${reason}`] ?? 0) >= times);

  beforeEach(async () => {
    agent = new Agent();
    receiver = await listen();
  });

  it('loses nothing of deltas, not even of sockets that come and go meanwhile', async () => {
    const geth = agent.relay('geth');
    geth.send(1);
    await start(agent, { endpoint: receiver.url, ...DELTA });
    await eventually('the first is taken', () => receiver.sum('uds.send_bytes') === 1);

    const { port } = receiver;
    await receiver.close();
    geth.send(10);
    const visitor = agent.relay('visitor');
    visitor.send(100);
    await failed('unreachable', 3);
    visitor.send(1000);
    visitor.handle.close();
    const late = agent.relay('late');
    late.send(10_000);
    late.handle.close();
    await failed('unreachable', 5);

    const successor = await listen({ port });
    await eventually('all has arrived', () => successor.sum('uds.send_bytes') === 11_110);
    assert.deepEqual(Object.fromEntries(successor.sums('uds.send_bytes')), {
      geth: 10,
      visitor: 1100,
      late: 10_000,
    });
    geth.send(100_000);
    await eventually('the next too', () => successor.sum('uds.send_bytes') === 111_110);
    assert.deepEqual(failures(), ['failures: unreachable']);
  });

  it('of some requests of an export has only these sent again', async () => {
    for (let i = 0; i < 2500; i++) agent.relay(`socket-${i}`).send(1);
    receiver.answer = (index) => (index === 1 ? { status: 503 } : {});
    for (const requests of [2, 5]) {
      // Exports once, at the end.
      const exporter = await start(agent, { endpoint: receiver.url, ...DELTA, interval: 60_000 });
      await exporter.shutdown(Date.now() + 10_000);
      assert.equal(receiver.requests.length, requests);
    }
    const sums = receiver.sums('uds.send_bytes');
    assert.equal(sums.size, 2500);
    assert.deepEqual(new Set(sums.values()), new Set([1]));
  });

  for (const [name, changes] of [
    ['each attempt ends with its timeout', { timeout: 20 }],
    ['each export ends before the next collection', { timeout: 60_000 }],
  ] as const) {
    it(`that accepts connections and never answers is survived: ${name}`, async () => {
      const geth = agent.relay('geth');
      geth.send(1);
      receiver.answer = (index) => (index < 3 ? 'hang' : {});
      await start(agent, { endpoint: receiver.url, ...DELTA, ...changes });
      await failed('timeout', 3);
      geth.send(10);
      await eventually('all has arrived', () => receiver.sum('uds.send_bytes') === 11);
      assert.deepEqual(failures(), ['failures: timeout']);
    });
  }

  it('shows in cumulative totals as a gap', async () => {
    const geth = agent.relay('geth');
    geth.send(1);
    receiver.answer = (index) => (index < 2 ? { status: 503 } : {});
    await start(agent, { endpoint: receiver.url });
    await failed('unavailable', 2);
    geth.send(10);
    const { points } = await eventually('one is taken', () => receiver.taken.at(-1));
    const sent = points.find(({ metric }) => metric === 'uds.send_bytes');
    assert.equal(sent?.value, 11);
  });

  it('is not made longer by an exporter that takes the place of another', async () => {
    const geth = agent.relay('geth');
    geth.send(1);
    const first = await start(agent, { endpoint: receiver.url, ...DELTA });
    await eventually('the first is taken', () => receiver.sum('uds.send_bytes') === 1);
    await first.shutdown(soon());
    geth.send(10);
    await start(agent, { endpoint: receiver.url, ...DELTA, compression: 'gzip' });
    await eventually('the rest is taken', () => receiver.sum('uds.send_bytes') > 1);
    assert.equal(receiver.sum('uds.send_bytes'), 11);
  });
});
