import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CapturingAgent } from '../../support/capturing-agent.js';
import { useCleanup } from '../../support/cleanup.js';
import { EchoClient, EchoServer } from '../../support/udscope.js';

const FAILING = fileURLToPath(new URL('../../support/failing-thread.js', import.meta.url));

/** Stopping in good order, a thread that has to be made to end, and some more. */
const END_MS = 12_000;

describe('an agent with a thread that loops for ever', () => {
  const cleanup = useCleanup();
  let agent: CapturingAgent;

  beforeEach(async () => {
    agent = new CapturingAgent(cleanup);
    const upstream = await EchoServer.listen(agent.upstream);
    cleanup.defer(() => upstream.close());
    const env = { DIRECTORY: agent.directory, NODE_OPTIONS: `--import ${FAILING}` };
    await agent.start({ receiver: { threads: 1 } }, env);
  });

  const loop = (kind: string) => writeFileSync(join(agent.directory, `${kind}-loops`), '');

  async function connect(): Promise<EchoClient> {
    const client = await EchoClient.connect(agent.listen);
    cleanup.defer(() => client.destroy());
    return client;
  }

  async function assertEnds(): Promise<void> {
    const startMs = performance.now();
    await agent.process.stop(END_MS);
    assert.ok(performance.now() - startMs < END_MS);
  }

  it('makes a relay thread end that does not answer, and a reload goes on', async () => {
    loop('relay');
    // It is cut when the agent ends, as a rule with a reset.
    void (await connect()).ended();
    await agent.reload({ receiver: { threads: 2 } });
    const client = await connect();
    await client.roundTrip(1000);
    await agent.reload({ receiver: { threads: 1 } });
    await client.roundTrip(1000);
    await client.close();
    assert.deepEqual(await agent.process.stop(), { code: 0, signal: null });
  });

  it('ends all the same: a relay thread', async () => {
    loop('relay');
    // It is cut when the agent ends, as a rule with a reset.
    void (await connect()).ended();
    await assertEnds();
  });

  it('ends all the same: the enrich thread', async () => {
    loop('enrich');
    await assertEnds();
  });
});
