import assert from 'node:assert/strict';
import { type History, historySchema } from '../../../../src/api/history/schema.js';
import { Slices } from '../../../../src/async/slices.js';
import { UsageReport } from '../../../../src/service/usage/usage-report.js';
import { useCleanup } from '../../../support/cleanup.js';
import { AgentInMemory } from '../agent-in-memory.js';
import { ask, startControl } from '../fixture.js';

const SIGNAL = new AbortController().signal;

describe('GET /v1/history and /v1/configuration', () => {
  const cleanup = useCleanup();
  let agent: AgentInMemory;
  let control: string;

  beforeEach(async () => {
    agent = new AgentInMemory();
    control = (await startControl(cleanup, undefined, { agent })).socket;
  });

  async function history(query = ''): Promise<History> {
    const { status, body } = await ask(control, `/v1/history${query}`);
    assert.equal(status, 200, body);
    return historySchema.parse(JSON.parse(body));
  }

  it('has what is chosen of the last intervals', async () => {
    const usage = new UsageReport(() => [agent.counted]);
    const step = async (ms: number) =>
      agent.remembered.add(Date.now() - 60_000 + ms, await usage.tally(SIGNAL), new Slices(SIGNAL));
    await step(0);
    const wallet = { 'container.id': 'c0ffee01', 'container.name': 'wallet' };
    agent.counted.relayed({ client: wallet, sendBytes: 7 });
    agent.counted.relayed({ client: { 'container.id': 'decade' }, socket: 'redis', recvBytes: 9 });
    await step(5000);
    const names = async (query: string) =>
      (await history(query)).lines.map(({ container, socket }) => container?.['container.id'] ?? socket);
    assert.deepEqual(await names(''), ['decade', 'c0ffee01']);
    assert.deepEqual(await names('?by=socket'), ['redis', 'geth']);
    assert.deepEqual(await names('?container=wallet'), ['c0ffee01']);
    assert.deepEqual(await names('?container=c0ff'), ['c0ffee01']);
    assert.deepEqual(await names('?by=socket&socket=redis&container=decade'), ['redis']);
    assert.deepEqual(await names('?socket=redis&container=wallet'), []);
    assert.deepEqual((await history('?limit=1')).others?.sendBytes, [7]);
  });

  it('refuses what it does not know', async () => {
    for (const [query, expected] of [
      ['?by=method', /^by: "method" is not what to draw by: container, socket$/],
      ['?points=0', /^points: "0" is not a whole number from 1 to 720$/],
      ['?nothing=1', /"nothing" is not a parameter; accepted: by, socket, container, limit, points$/],
    ] as const) {
      const { status, body } = await ask(control, `/v1/history${query}`);
      assert.equal(status, 400);
      assert.match(JSON.parse(body).error, expected);
    }
  });

  it('has the configuration as YAML, where there is one', async () => {
    agent.yaml = 'receivers: {}\n';
    const { headers, body } = await ask(control, '/v1/configuration');
    assert.equal(headers['content-type'], 'application/yaml; charset=utf-8');
    assert.equal(body, agent.yaml);
  });
});
