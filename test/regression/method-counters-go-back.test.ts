import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { LineService } from '../support/line-service.js';
import { repeat } from '../support/repeat.js';

const BOTH = { directions: ['send', 'recv'] };

const CHANGES = {
  'the strategy': { capture: { ...BOTH, strategy: 'sampling', ratio: 1 } },
  'what is shown of payload': { enrich: { payload: 'hashed' } },
};

describe('counters of a method that is called before and after a reload', () => {
  const cleanup = useCleanup();

  for (const [what, options] of Object.entries(CHANGES)) {
    it(`go on when ${what} changes`, async () => {
      const agent = await new CapturingAgent(cleanup).start();
      await LineService.listen(cleanup, agent.upstream);
      await (await LineClient.connect(cleanup, agent.listen)).call(...repeat(10, () => 'eth_call'));
      await agent.assertCalls({ eth_call: 10 });
      await agent.reload(options);
      await (await LineClient.connect(cleanup, agent.listen)).call('eth_call');
      await agent.assertCalls({ eth_call: 11 });
    });
  }
});
