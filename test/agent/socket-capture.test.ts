import assert from 'node:assert/strict';
import { type AgentOptions, CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { LineService } from '../support/line-service.js';

const BOTH = { directions: ['send', 'recv'] };

describe('what a socket says of how it is captured and decoded', () => {
  const cleanup = useCleanup();

  async function start(options: AgentOptions): Promise<{ agent: CapturingAgent; client: LineClient }> {
    const agent = await new CapturingAgent(cleanup).start(options);
    await LineService.listen(cleanup, agent.upstream);
    return { agent, client: await LineClient.connect(cleanup, agent.listen) };
  }

  it('holds in place of what its pipelines say', async () => {
    const options: AgentOptions = {
      capture: { ...BOTH, strategy: 'no_data' },
      processors: { 'capture/own': BOTH },
    };
    const { agent, client } = await start({ ...options, socket: { capture: 'capture/own' } });
    await client.call('seen', 'seen');
    await agent.assertCalls({ seen: 2 });
    await agent.reload(options);
    await client.call('unseen');
    await agent.reload({ ...options, socket: { capture: 'capture/own' } });
    const fresh = await LineClient.connect(cleanup, agent.listen);
    await fresh.call('seen again');
    await agent.assertCalls({ seen: 2, 'seen again': 1 });
  });

  it('may be that nothing is decoded, though it is captured', async () => {
    const { agent, client } = await start({ socket: { protocol: 'none' } });
    await client.call('call');
    await agent.waitForSum('udscope_ring_records_total', 2);
    assert.deepEqual(await agent.calls(), {});
    assert.equal(await agent.sum('udscope_enrich_calls_total'), 0);
    assert.equal(await agent.sum('udscope_enrich_undecodable_total'), 0);
  });

  it('may be the protocol, which is not to be found out then', async () => {
    const { agent, client } = await start({ socket: { protocol: 'jsonrpc' } });
    await client.call('call');
    await agent.assertCalls({ call: 1 });
  });

  it('changes on a reload, for connections that begin later', async () => {
    const { agent, client } = await start({ socket: { protocol: 'none' } });
    await client.call('unseen');
    await agent.reload({ socket: { protocol: 'jsonrpc' } });
    const fresh = await LineClient.connect(cleanup, agent.listen);
    await fresh.call('seen');
    await client.call('old');
    await agent.waitForSum('udscope_enrich_active_calls', 0);
    await agent.waitForSum('uds_method_calls_total', 1);
    assert.deepEqual(await agent.calls(), { seen: 1 });
  });

  it('may be that responses are not matched at all', async () => {
    const { agent, client } = await start({ enrich: { latency: false } });
    await client.call('call', 'fail');
    await agent.assertCalls({ 'call unknown': 1, 'fail unknown': 1 }, {});
    assert.equal(await agent.sum('udscope_enrich_unmatched_responses_total'), 0);
  });
});
