import assert from 'node:assert/strict';
import { CapturingAgent, sumOf } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { LineService } from '../support/line-service.js';
import { waitFor } from '../support/process.js';
import { repeat } from '../support/repeat.js';

const RATIO = 0.1;
const CALLS = 5000;

/** A sound estimate is further off once in five hundred million times. */
const SIGMAS = 6;

/** Standard deviation of what `groups` of `size` calls are estimated to be, when a part of the groups is seen. */
function deviation(groups: number, size: number): number {
  return size * Math.sqrt((groups * (1 - RATIO)) / RATIO);
}

describe('sampling', () => {
  const cleanup = useCleanup();

  async function start(strategy: object): Promise<CapturingAgent> {
    const agent = new CapturingAgent(cleanup);
    await agent.start({ capture: { strategy: 'sampling', directions: ['send', 'recv'], ...strategy } });
    await LineService.listen(cleanup, agent.upstream);
    return agent;
  }

  /** Waits until all that was captured is counted. */
  async function settle(agent: CapturingAgent): Promise<void> {
    let last = -1;
    await waitFor('the counts to stand still', async () => {
      const decoded = await agent.sum('udscope_enrich_calls_total');
      const isSame = decoded === last && (await agent.sum('udscope_enrich_active_calls')) === 0;
      last = decoded;
      return isSame;
    });
  }

  function assertEstimate(estimate: number, exact: number, sigma: number): void {
    const off = Math.abs(estimate - exact) / sigma;
    assert.ok(off < SIGMAS, `${estimate} is ${off.toFixed(1)} standard deviations from ${exact}`);
  }

  it('of messages estimates what there was, and knows the duration of each call it takes', async () => {
    const agent = await start({ ratio: RATIO, by: 'message' });
    const client = await LineClient.connect(cleanup, agent.listen);
    for (let i = 0; i < 20; i++)
      await client.call(...repeat(CALLS / 20, (n) => (n % 5 === 0 ? 'few' : 'many')));
    // Answers to what was not taken are captured, and matched with nothing.
    await waitFor('all that was captured to be read', async () => {
      const decoded = await agent.sum('udscope_enrich_calls_total');
      const active = await agent.sum('udscope_enrich_active_calls');
      const unmatched = await agent.sum('udscope_enrich_unmatched_responses_total');
      return active === 0 && decoded + unmatched === CALLS;
    });
    const { few = 0, many = 0, ...others } = await agent.calls();
    assert.deepEqual(others, {});
    assertEstimate(few, CALLS / 5, deviation(CALLS / 5, 1));
    assertEstimate(many, (CALLS * 4) / 5, deviation((CALLS * 4) / 5, 1));
    assert.deepEqual(await agent.durations(), { few, many });
    // What is not taken is not decoded either.
    const decoded = await agent.sum('udscope_enrich_calls_total');
    assert.ok(Math.abs(decoded / RATIO - (few + many)) < 1 / RATIO, `${decoded} of ${few + many}`);
  });

  it('of connections takes whole conversations', async () => {
    const agent = await start({ ratio: RATIO, by: 'connection' });
    const connections = 1000;
    for (let i = 0; i < connections; i++) {
      const client = await LineClient.connect(cleanup, agent.listen);
      await client.call('one', 'two', 'three', 'four');
      await client.close();
    }
    await settle(agent);
    const counts = await agent.calls();
    assertEstimate(sumOf(counts), connections * 4, deviation(connections, 4));
    assert.equal(new Set(Object.values(counts)).size, 1, 'a conversation was not taken whole');
    assert.deepEqual(await agent.durations(), counts);
  });

  for (const by of ['message', 'connection']) {
    it(`of all is exact, by ${by}`, async () => {
      const agent = await start({ ratio: 1, by });
      const client = await LineClient.connect(cleanup, agent.listen);
      await client.call(...repeat(1000, (i) => `method_${i % 3}`));
      await agent.assertCalls({ method_0: 334, method_1: 333, method_2: 333 });
    });

    it(`of none captures nothing, by ${by}`, async () => {
      const agent = await start({ ratio: 0, by });
      const client = await LineClient.connect(cleanup, agent.listen);
      await client.call(...repeat(1000, () => 'call'));
      await client.close();
      await agent.waitForSum('uds_connections_active', 0);
      assert.equal(await agent.sum('uds_connections_opened_total'), 1);
      assert.deepEqual(await agent.calls(), {});
      assert.equal(await agent.sum('udscope_ring_records_total'), 0);
    });
  }

  it('does with what it takes what it is told', async () => {
    const TAIL_BYTES = 256;
    const then = { strategy: 'size_limit', max_bytes: 100 };
    const agent = await start(
      Object.fromEntries([
        ['ratio', 1],
        ['then', then],
      ]),
    );
    const client = await LineClient.connect(cleanup, agent.listen);
    for (let i = 0; i < 10; i++) {
      client.write(client.requests(['put'], ['x'.repeat(10_000)]));
      await client.answered(i + 1);
    }
    await agent.assertCalls({ put: 10 });
    assert.ok((await agent.sum('udscope_capture_bytes_total')) <= 10 * 2 * (100 + TAIL_BYTES));
  });
});
