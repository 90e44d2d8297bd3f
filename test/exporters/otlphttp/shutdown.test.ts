import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.js';
import { Agent, soon } from '../support/exporter-fixture.js';
import type { OtlpReceiver } from '../support/otlp-receiver.js';
import { useOtlp } from './fixture.js';

/** No export but the one at the end. */
const LONG = { interval: 60_000 };

describe('shutdown of the otlphttp exporter', () => {
  const { listen, start } = useOtlp();
  let agent: Agent;
  let receiver: OtlpReceiver;

  beforeEach(async () => {
    agent = new Agent();
    receiver = await listen();
    agent.relay('geth').send(7);
  });

  it('exports once more', async () => {
    const exporter = await start(agent, { endpoint: receiver.url, ...LONG });
    await exporter.shutdown(soon());
    assert.equal(receiver.sum('uds.send_bytes'), 7);
    assert.equal(receiver.requests.length, 1);
    assert.equal(agent.health['data_points'], 6);
    await eventually('its connection is closed', () => receiver.openConnections === 0);
  });

  it('may try again as long as there is time', async () => {
    receiver.answer = (index) => (index < 2 ? { status: 503 } : {});
    const exporter = await start(agent, {
      endpoint: receiver.url,
      ...LONG,
      retry_on_failure: { enabled: true },
    });
    await exporter.shutdown(soon());
    assert.equal(receiver.sum('uds.send_bytes'), 7);
  });

  for (const [outage, answer] of [
    ['never answers', 'hang'],
    ['cannot take it', { status: 503 }],
    ['breaks off', 'reset'],
  ] as const) {
    it(`ends by its deadline when the receiver ${outage}`, async () => {
      receiver.answer = () => answer;
      const retry = { enabled: true, initial_interval: 5 };
      const config = { ...LONG, timeout: 60_000, retry_on_failure: retry };
      const exporter = await start(agent, { endpoint: receiver.url, ...config });
      const deadlineMs = Date.now() + 200;
      await exporter.shutdown(deadlineMs);
      assert.ok(Date.now() <= deadlineMs + 50);
      assert.ok(receiver.requests.length > 0);
      await eventually('nothing is under way any more', () => receiver.openConnections === 0);
    });
  }

  it('does not wait for the retry of an export under way, but exports anew', async () => {
    receiver.answer = (index) => (index === 0 ? { status: 503 } : {});
    const retry = { enabled: true, initial_interval: 200 };
    const config = { interval: 400, retry_on_failure: { ...retry, max_interval: 200 } };
    const exporter = await start(agent, { endpoint: receiver.url, ...config });
    await eventually('it has failed', () => agent.health['failures: unavailable'] === 1);
    await exporter.shutdown(Date.now() + 10_000);
    assert.equal(receiver.requests.length, 2);
    const [first, second] = receiver.requests;
    assert.notEqual(first.points[0].endNs, second.points[0].endNs);
  });

  it('leaves an attempt under way half of the time, and the other half to the last export', async () => {
    receiver.answer = (index) => (index === 0 ? 'hang' : {});
    const exporter = await start(agent, { endpoint: receiver.url, interval: 400, timeout: 60_000 });
    await eventually('an export is under way', () => receiver.requests.length === 1);
    const deadlineMs = Date.now() + 200;
    await exporter.shutdown(deadlineMs);
    assert.ok(Date.now() < deadlineMs);
    assert.equal(receiver.sum('uds.send_bytes'), 7);
    assert.equal(agent.health['failures: timeout'], 1);
  });

  it('sends nothing when there is no time left', async () => {
    const exporter = await start(agent, { endpoint: receiver.url, ...LONG });
    await exporter.shutdown(Date.now() - 1);
    assert.equal(receiver.requests.length, 0);
  });

  it('ends exports for good', async () => {
    const exporter = await start(agent, { endpoint: receiver.url, interval: 20 });
    await eventually('an export', () => receiver.requests.length > 0);
    await exporter.shutdown(soon());
    const { length } = receiver.requests;
    const other = new Agent({ resource: { 'service.name': 'other' } });
    other.relay('geth');
    await start(other, { endpoint: receiver.url, interval: 20 });
    await eventually('some exports of another', () => receiver.requests.length >= length + 5);
    for (const { points } of receiver.requests.slice(length)) {
      assert.equal(points[0].resource['service.name'], 'other');
    }
  });
});
