import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { LineService } from '../support/line-service.js';
import { waitFor } from '../support/process.js';

const FAILING = fileURLToPath(new URL('../support/failing-thread.js', import.meta.url));

describe('an enrich thread that', () => {
  const cleanup = useCleanup();
  let agent: CapturingAgent;

  beforeEach(async () => {
    agent = new CapturingAgent(cleanup);
    await agent.start(
      { receiver: { threads: 1 } },
      { DIRECTORY: agent.directory, NODE_OPTIONS: `--import ${FAILING}` },
    );
  });

  const fail = (how: string) => writeFileSync(join(agent.directory, `enrich-${how}`), '');

  for (const how of ['throws', 'exits', 'grows']) {
    it(`${how} is started anew, and counting goes on`, async () => {
      // Nobody answers `pending`.
      await LineService.listen(cleanup, agent.upstream, (request) =>
        request.method === 'pending'
          ? ''
          : `${JSON.stringify({ jsonrpc: '2.0', id: request.id, result: 1 })}\n`,
      );
      const client = await LineClient.connect(cleanup, agent.listen);
      await client.call('before', 'before', 'idle');
      client.write(client.requests(['pending']));
      await agent.waitForSum('udscope_enrich_active_calls', 1);
      await agent.waitForSum('udscope_enrich_calls_total', 4);
      fail(how);
      await agent.waitForSum('udscope_enrich_restarts_total', 1);
      assert.match(
        agent.process.output,
        /decoding has ended, and starts anew in 1000 ms; the traffic goes on/,
      );
      await client.call('meanwhile');
      await waitFor('calls to be counted', async () => (await agent.calls())['meanwhile'] === 1);
      // What was counted before is there, once; and what is known of it goes on.
      await client.call('before');
      await waitFor('calls to be counted', async () => (await agent.calls())['before'] === 3);
      assert.equal((await agent.calls())['idle'], 1);
      assert.equal(await agent.sum('udscope_enrich_active_calls'), 0);
      const lost = (await agent.metrics()).get('udscope_enrich_unknown_outcomes_total')?.samples ?? [];
      assert.deepEqual(
        lost.map(({ labels, value }) => [labels['reason'], value]),
        [['decoding_restarted', 1]],
      );
      await client.close();
      assert.deepEqual(await agent.process.stop(), { code: 0, signal: null });
    });
  }

  it('ends is started anew, and reads what was captured otherwise meanwhile, and of clients that have left', async () => {
    await LineService.listen(cleanup, agent.upstream);
    const client = await LineClient.connect(cleanup, agent.listen);
    await client.call('before');
    await waitFor('calls to be counted', async () => (await agent.calls())['before'] === 1);
    fail('exits');
    await agent.waitForSum('udscope_enrich_restarts_total', 1);
    await client.call('meanwhile');
    client.close();
    await agent.reload({ capture: { strategy: 'full', directions: ['send'] }, receiver: { threads: 1 } });
    const other = await LineClient.connect(cleanup, agent.listen);
    await other.call('then');
    await waitFor('calls to be counted', async () => {
      const { before, meanwhile, 'then unknown': then } = await agent.calls();
      return before === 1 && meanwhile === 1 && then === 1;
    });
    assert.equal(await agent.sum('udscope_enrich_faults_total'), 0);
  });
});
