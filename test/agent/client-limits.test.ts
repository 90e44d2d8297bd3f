import assert from 'node:assert/strict';
import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { LineService } from '../support/line-service.js';
import { repeat } from '../support/repeat.js';

const METHODS = ['a', 'b', 'c', 'd', 'e'];

describe('client_limits of an agent', () => {
  const cleanup = useCleanup();

  async function start(client_limits: object): Promise<{ agent: CapturingAgent; client: LineClient }> {
    const agent = await new CapturingAgent(cleanup).start({ receiver: { client_limits } });
    await LineService.listen(cleanup, agent.upstream);
    return { agent, client: await LineClient.connect(cleanup, agent.listen) };
  }

  it('bound the methods that are shown by name, also after a reload', async () => {
    const { agent, client } = await start({ methods: 3 });
    await client.call(...METHODS, ...METHODS);
    await agent.assertCalls({ a: 2, b: 2, c: 2, _OTHER: 4 });
    await agent.reload({ receiver: { client_limits: { methods: 4 } } });
    await client.call(...METHODS);
    await agent.waitForSum('uds_method_calls_total', 15);
    assert.equal(Object.keys(await agent.calls()).length, 5);
  });

  it('bound the series, and what is beyond is counted as overflow of the container', async () => {
    const { agent, client } = await start({ series: 2 });
    await client.call(...METHODS);
    await agent.waitForSum('uds_method_calls_total', 5);
    const samples = (await agent.metrics()).get('uds_method_calls_total')?.samples ?? [];
    const overflow = samples.filter(({ labels }) => labels['otel_metric_overflow'] === 'true');
    assert.deepEqual(
      overflow.map(({ labels, value }) => [labels['container_id'], labels['rpc_method'], value]),
      [['c1', undefined, 3]],
    );
    const losses = (await agent.metrics()).get('udscope_enrich_client_losses_total')?.samples ?? [];
    assert.deepEqual(
      losses.map(({ labels, value }) => [labels['container_id'], labels['reason'], value]),
      [['c1', 'series', 6]],
    );
    assert.equal(await agent.sum('uds_send_ops_total'), 1);
  });

  it('bound the calls that are waited for', async () => {
    const agent = await new CapturingAgent(cleanup).start({
      receiver: { client_limits: { pending_calls: 4 } },
    });
    await LineService.listen(cleanup, agent.upstream, () => undefined);
    const client = await LineClient.connect(cleanup, agent.listen);
    client.write(client.requests(repeat(10, () => 'never')));
    await agent.waitForSum('uds_method_calls_total', 6);
    assert.deepEqual(await agent.calls(), { 'never unknown': 6 });
    assert.equal(await agent.sum('udscope_enrich_active_calls'), 4);
  });
});
