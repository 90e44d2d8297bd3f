import assert from 'node:assert/strict';
import { eventually } from '../../support/eventually.js';
import { Agent, soon } from '../support/exporter-fixture.js';
import type { OtlpReceiver } from '../support/otlp-receiver.js';
import { SpanFeed } from '../support/span-feed.js';
import { useOtlp } from './fixture.js';

/** A batch that is sent at once. */
const FULL = 512;

const RETRY = { enabled: true, initial_interval: 5, max_interval: 5 };

describe('queued spans of the otlphttp exporter', () => {
  const { listen, start } = useOtlp();
  let feed: SpanFeed;
  let agent: Agent;
  let receiver: OtlpReceiver;

  beforeEach(async () => {
    feed = new SpanFeed();
    agent = new Agent({ id: 'otlphttp', spans: [feed], metrics: false });
    receiver = await listen();
  });

  const names = () => receiver.taken.flatMap(({ spans }) => spans.map(({ name }) => name));
  const numbers = (count: number, first = 0) => Array.from({ length: count }, (_, i) => `${first + i}`);

  it('are sent in smaller batches to whom they were too many, and those lost by that are counted', async () => {
    receiver.judge = () => ((receiver.requests.at(-1)?.spans.length ?? 0) > 200 ? { status: 413 } : {});
    await start(agent, { endpoint: receiver.url, retry_on_failure: RETRY });
    for (let i = 1; i <= 10; i++) {
      feed.giveMany(FULL);
      const done = () => (agent.health['spans'] ?? 0) + (agent.health['spans: refused'] ?? 0);
      await eventually('all but the last few are done with', () => done() > i * FULL - 256);
    }
    assert.equal(
      agent.health['spans: refused'],
      2 * FULL,
      'a whole batch, and what was on its way meanwhile',
    );
    assert.ok(names().length > 4 * FULL);
  });

  describe('that come faster than they can be sent', () => {
    /** One under way, `queue_size` behind it, and one that fills. */
    for (const [name, sending_queue, batches] of [
      ['the queue holds', { enabled: true, queue_size: 3 }, 5],
      ['there is place for without a queue', { enabled: false, queue_size: 3 }, 2],
    ] as const) {
      it(`are dropped beyond what ${name}, and counted exactly`, async () => {
        let answer = 503;
        receiver.answer = () => ({ status: answer });
        await start(agent, { endpoint: receiver.url, retry_on_failure: RETRY, sending_queue });
        feed.giveMany(FULL);
        await eventually('one is under way', () => receiver.requests.length > 0);
        for (let i = 0; i < 20; i++) feed.giveMany(300);
        const kept = batches * FULL;
        const dropped = FULL + 20 * 300 - kept;
        assert.equal(agent.health['processed: queue_full'], dropped);
        answer = 200;
        await eventually('what is kept is sent', () => agent.health['spans'] === kept);
        assert.deepEqual(names(), numbers(kept), 'the oldest are kept');
        assert.equal(agent.health['processed: queue_full'], dropped);
        const slow = 'does not take spans as fast as they come; what finds no place is dropped';
        const said = agent.logged('warn').filter((line) => line.endsWith(slow));
        assert.deepEqual(said, [`${receiver.url}/v1/traces ${slow}`]);
        feed.giveMany(FULL);
        await eventually('all goes on', () => agent.health['spans'] === kept + FULL);
      });
    }

    it('wait no longer than for the request under way, when there is no queue', async () => {
      let answer = 503;
      receiver.answer = () => ({ status: answer });
      const sending_queue = { enabled: false, queue_size: 1 };
      await start(agent, { endpoint: receiver.url, retry_on_failure: RETRY, sending_queue });
      feed.giveMany(FULL + 3);
      const [{ receivedMs }] = await eventually(
        'one is under way',
        () => receiver.requests.length > 0 && receiver.requests,
      );
      // Nothing tells that the batch has waited its second in vain.
      await eventually('a second has passed', () => performance.now() - receivedMs > 1100);
      answer = 200;
      await eventually('what is kept is sent', () => agent.health['spans'] === FULL + 3);
    });
  });

  describe('at a shutdown', () => {
    it('are sent as far as they are queued', async () => {
      receiver.answer = (index) => (index < 2 ? { status: 503 } : {});
      const exporter = await start(agent, { endpoint: receiver.url, retry_on_failure: RETRY });
      feed.giveMany(3 * FULL + 7);
      await exporter.shutdown(soon());
      assert.deepEqual(names(), numbers(3 * FULL + 7));
      assert.equal(agent.health['spans'], 3 * FULL + 7);
      await eventually('its connection is closed', () => receiver.openConnections === 0);
    });

    it('do not wait for a retry', async () => {
      receiver.answer = (index) => (index === 0 ? { status: 503 } : {});
      const retry = { enabled: true, initial_interval: 60_000, max_interval: 60_000 };
      const exporter = await start(agent, { endpoint: receiver.url, retry_on_failure: retry });
      feed.giveMany(FULL + 1);
      await eventually('it waits', () => agent.health['failures: unavailable'] === 1);
      await exporter.shutdown(Date.now() + 10_000);
      assert.deepEqual(names(), numbers(FULL + 1));
    });

    for (const [outage, answer] of [
      ['never answers', 'hang'],
      ['cannot take them', { status: 503 }],
      ['breaks off', 'reset'],
    ] as const) {
      it(`are dropped, each one counted, when the receiver ${outage} until the deadline`, async () => {
        receiver.answer = () => answer;
        const config = { timeout: 60_000, retry_on_failure: { ...RETRY, max_interval: 5 } };
        const exporter = await start(agent, { endpoint: receiver.url, ...config });
        feed.giveMany(3 * FULL + 7);
        await eventually('a request is under way', () => receiver.requests.length > 0);
        const deadlineMs = Date.now() + 300;
        await exporter.shutdown(deadlineMs);
        assert.ok(Date.now() <= deadlineMs + 50);
        assert.equal(agent.health['spans: shutdown'], 3 * FULL + 7);
        assert.equal(agent.health['spans: unavailable'], undefined);
        await eventually('nothing is under way any more', () => receiver.openConnections === 0);
      });
    }

    it('leave an attempt under way half of the time, and the other half to those behind it', async () => {
      receiver.answer = (index) => (index === 0 ? 'hang' : {});
      const exporter = await start(agent, { endpoint: receiver.url, timeout: 60_000 });
      feed.giveMany(FULL + 1);
      await eventually('a request is under way', () => receiver.requests.length === 1);
      await exporter.shutdown(Date.now() + 400);
      assert.deepEqual(names(), numbers(1, FULL));
      assert.equal(agent.health['spans: shutdown'], FULL);
    });

    it('are all dropped when there is no time left', async () => {
      const exporter = await start(agent, { endpoint: receiver.url });
      feed.giveMany(3);
      await exporter.shutdown(Date.now() - 1);
      assert.equal(receiver.requests.length, 0);
      assert.deepEqual(agent.health, { 'spans: shutdown': 3 });
    });

    it('end for good', async () => {
      const exporter = await start(agent, { endpoint: receiver.url });
      await exporter.shutdown(soon());
      feed.giveMany(2 * FULL);
      await exporter.shutdown(soon());
      assert.equal(receiver.requests.length, 0);
      assert.deepEqual(agent.health, {});
    });
  });
});
