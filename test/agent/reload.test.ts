import assert from 'node:assert/strict';
import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { answer, LineService } from '../support/line-service.js';
import { waitFor } from '../support/process.js';
import { repeat } from '../support/repeat.js';

const CALLS = 200;
const BOTH = { directions: ['send', 'recv'] };

/** A client that calls without a pause until it is told to stop. */
class BusyClient {
  #calls = 0;
  #isStopping = false;
  readonly #client: LineClient;
  readonly #done: Promise<void>;

  constructor(client: LineClient) {
    this.#client = client;
    this.#done = this.#run();
  }

  /** How many calls it made, each of which was answered. */
  async stop(): Promise<number> {
    this.#isStopping = true;
    await this.#done;
    const ids = this.#client.answers.map((line) => (JSON.parse(line) as { id: number }).id);
    assert.deepEqual(
      ids,
      repeat(this.#calls, (i) => i + 1),
    );
    return this.#calls;
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      await this.#client.call('busy', 'busy', 'busy');
      this.#calls += 3;
    }
  }
}

describe('a changed strategy, while there is traffic', () => {
  const cleanup = useCleanup();

  it('holds for open connections and new ones, and loses no byte', async () => {
    const agent = await new CapturingAgent(cleanup).start({ capture: { ...BOTH, strategy: 'no_data' } });
    const service = await LineService.listen(cleanup, agent.upstream);
    const connectTo = () => LineClient.connect(cleanup, agent.listen);
    const busy = new BusyClient(await connectTo());
    const old = await connectTo();
    const callBoth = async (phase: string) => {
      const fresh = await connectTo();
      await old.call(...repeat(CALLS, () => `${phase}_old`));
      await fresh.call(...repeat(CALLS, () => `${phase}_new`));
    };

    await callBoth('no_data');
    await agent.reload({ capture: BOTH });
    await callBoth('size_limit');
    await agent.reload({ capture: { ...BOTH, strategy: 'full' } });
    await callBoth('full');
    await agent.reload({ capture: { ...BOTH, strategy: 'sampling', ratio: 1 } });
    await callBoth('sampling');
    await agent.reload({ capture: { ...BOTH, strategy: 'no_data' } });
    await callBoth('at_last');
    const calls = await busy.stop();

    const phases = await waitFor('what was captured to be counted', async () => {
      const others = Object.entries(await agent.calls()).filter(([method]) => !method.startsWith('busy'));
      const active = await agent.sum('udscope_enrich_active_calls');
      return others.length >= 6 && active === 0 && others;
    });
    const counted = Object.fromEntries(phases);
    for (const phase of ['size_limit', 'full', 'sampling']) {
      assert.equal(counted[`${phase}_new`], CALLS, phase);
      // Where a stream is joined in the middle, the first message only shows where the next one begins.
      assert.ok(
        [CALLS - 1, CALLS].includes(counted[`${phase}_old`] ?? 0),
        `${phase} ${counted[`${phase}_old`]}`,
      );
    }
    assert.equal(Object.keys(counted).length, 6, JSON.stringify(counted));
    assert.equal(service.calls['busy'], calls);
    assert.equal(service.calls['at_last_new'], CALLS);
  });

  it('takes no call for failed whose answer comes when it is not captured any more', async () => {
    const agent = await new CapturingAgent(cleanup).start();
    const held: string[] = [];
    await LineService.listen(cleanup, agent.upstream, (request) => {
      const answered = answer(request);
      if (request.method !== 'slow') return [...held.splice(0), answered].join('\n');
      held.push(answered ?? '');
      return undefined;
    });
    const client = await LineClient.connect(cleanup, agent.listen);
    await client.call('quick');
    client.write(client.requests(['slow']));
    await agent.waitForSum('udscope_enrich_active_calls', 1);
    await agent.reload({ capture: { ...BOTH, strategy: 'no_data' } });
    await client.call('quick', 'quick');
    assert.equal(client.answers.length, 4);
    await agent.assertCalls({ quick: 1, 'slow unknown': 1 }, { quick: 1 });
  });

  it('keeps what was counted when methods are shown otherwise', async () => {
    const agent = await new CapturingAgent(cleanup).start();
    await LineService.listen(cleanup, agent.upstream);
    const client = await LineClient.connect(cleanup, agent.listen);
    await client.call(...repeat(30, () => 'early'));
    await agent.assertCalls({ early: 30 });
    await agent.reload({ enrich: { methods: { known: ['late'], max: 0 } } });
    const fresh = await LineClient.connect(cleanup, agent.listen);
    await fresh.call(...repeat(20, () => 'late'), ...repeat(10, () => 'unknown'));
    await agent.assertCalls({ early: 30, late: 20, _OTHER: 10 });
  });

  it('is refused with a mistake, and the old one goes on', async () => {
    const agent = await new CapturingAgent(cleanup).start();
    await LineService.listen(cleanup, agent.upstream);
    const client = await LineClient.connect(cleanup, agent.listen);
    await client.call('before');
    await assert.rejects(
      agent.reload({ capture: { strategy: 'sampling' } }),
      /processors\.capture\.ratio: is missing/,
    );
    await client.call('after');
    await agent.assertCalls({ before: 1, after: 1 });
  });
});
