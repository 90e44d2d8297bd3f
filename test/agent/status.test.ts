import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { type AgentStatus, agentStatusSchema } from '../../src/api/status-schema.js';
import { CapturingAgent } from '../support/capturing-agent.js';
import { useCleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { LineService } from '../support/line-service.js';
import { waitFor } from '../support/process.js';
import { fetchThrough } from '../support/socket-fetch.js';
import { startCommand } from '../support/udscope.js';

/** A port on which nobody listens. */
const NOBODY = 'http://127.0.0.1:9';

describe('what an agent says of itself', () => {
  const cleanup = useCleanup();

  async function statusOf(agent: CapturingAgent): Promise<AgentStatus> {
    const answer = await fetchThrough(cleanup, agent.control)('http://localhost/v1/status');
    return agentStatusSchema.parse(await answer.json());
  }

  it('names an exporter that cannot deliver, what was lost, and where its configuration is from', async () => {
    const agent = await new CapturingAgent(cleanup).start({
      otlphttp: { endpoint: NOBODY, interval: '200ms', retry_on_failure: { enabled: false } },
    });
    await LineService.listen(cleanup, agent.upstream);
    const client = await LineClient.connect(cleanup, agent.listen);
    await client.call('a', 'b');
    await agent.page();
    const status = await waitFor('both exporters to have tried', async () => {
      const now = await statusOf(agent);
      const failed = now.exporters.filter(({ lastFailure }) => lastFailure !== undefined);
      const served = now.exporters.find(({ id }) => id === 'prometheus')?.lastSuccessMs;
      return failed.length > 0 && served !== undefined && now;
    });
    const [failing] = status.exporters.filter(({ id }) => id === 'otlphttp');
    assert.equal(failing?.lastFailure?.reason, 'unreachable');
    assert.ok((failing?.failedAttempts['unreachable'] ?? 0) > 0);
    assert.equal(failing?.lastSuccessMs, undefined);
    assert.equal(status.configuration.files.length, 1);
    assert.match(status.configuration.files[0] ?? '', /^\//);
    assert.equal(status.configuration.lastReload, undefined);
  });

  it('tells of a reload that failed, and of one that was successful', async () => {
    const agent = await new CapturingAgent(cleanup).start();
    const [file] = (await statusOf(agent)).configuration.files;
    assert.ok(file !== undefined);
    await writeFile(file, 'receivers: 5\n');
    agent.process.signal('SIGHUP');
    const failed = await waitFor('the reload', async () => (await statusOf(agent)).configuration.lastReload);
    assert.match(failed.error ?? '', /receivers/);
    await agent.reload({});
    const { lastReload, loadedMs = 0 } = (await statusOf(agent)).configuration;
    assert.equal(lastReload?.error, undefined);
    assert.ok(loadedMs >= failed.timeMs);
    const shown = await startCommand({ args: ['status', '--control', agent.control] });
    await shown.waitForOutput('configuration:');
  });
});
