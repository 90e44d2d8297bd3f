import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../../src/cli/doctor/finding.js';
import { DEFAULT_CONTROL_SOCKET } from '../../src/layout/default-paths.js';
import { Agent } from '../support/agent.js';
import { useCleanup } from '../support/cleanup.js';
import { LineClient } from '../support/line-client.js';
import { LineService } from '../support/line-service.js';
import { startCommand } from '../support/udscope.js';

describe('udscope doctor, of a real agent', () => {
  const cleanup = useCleanup();
  let agent: Agent;

  beforeEach(() => {
    agent = new Agent(cleanup);
  });

  const listen = () => join(agent.directory, 'a/a.sock');
  const upstream = () => join(agent.directory, 'upstream.sock');

  function configuration() {
    return {
      receivers: {
        uds: {
          threads: 1,
          client_limits: { connections: 64 },
          sockets: [{ name: 'a', listen: listen(), upstream: upstream(), credentials: 'self' }],
          containers: { directory: join(agent.directory, 'private/containers') },
        },
      },
      processors: { capture: {}, enrich: {} },
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      extensions: { control: { socket: agent.control } },
      service: {
        extensions: ['control'],
        pipelines: {
          metrics: { receivers: ['uds'], processors: ['capture', 'enrich'], exporters: ['prometheus'] },
        },
      },
    };
  }

  async function run(...args: string[]): Promise<{ code: number | null; output: string }> {
    const command = await startCommand({ args: ['doctor', ...args] });
    const { code } = await command.exited;
    return { code, output: command.output };
  }

  async function findings(...args: string[]): Promise<Finding[]> {
    const { output } = await run('--json', ...args);
    return JSON.parse(output) as Finding[];
  }

  const of = (found: readonly Finding[], check: string) => found.filter((finding) => finding.check === check);

  it('finds no problem where all is well, and changes nothing', async () => {
    await LineService.listen(cleanup, upstream());
    await agent.startWith(configuration());
    const client = await LineClient.connect(cleanup, listen());
    await client.call('a', 'b');
    await agent.until(
      'the calls to be understood',
      async () => (await agent.sum('udscope_enrich_calls_total')) === 2,
    );
    const files = () => readdirSync(agent.directory, { recursive: true }).sort();
    const [before, changed] = [files(), statSync(agent.file).mtimeMs];
    const { code, output } = await run('--control', agent.control);
    assert.equal(code, 0, output);
    assert.doesNotMatch(output, /^problem:/m);
    for (const check of ['node', 'configuration', 'agent', 'upstreams', 'traffic', 'exporters'])
      assert.match(output, new RegExp(`^ok: ${check}: `, 'm'));
    assert.deepEqual([files(), statSync(agent.file).mtimeMs], [before, changed]);
  });

  it('finds a service that is down, and a socket that nobody uses', async () => {
    await agent.startWith(configuration());
    const { code, output } = await run('--control', agent.control);
    assert.equal(code, 1);
    assert.match(
      output,
      /^problem: upstreams: a: nothing is at .*upstream\.sock.*\n {2}remedy: start the service/m,
    );
    assert.match(output, /^warning: traffic: a: no client has ever connected/m);
    assert.match(output, /^\d+ problems?, \d+ warnings?, \d+ not checked, \d+ ok$/m);
  });

  it('asks the agent of a configuration that is named, and finds that none runs', async () => {
    await LineService.listen(cleanup, upstream());
    agent.write(configuration());
    const found = await findings('--config', agent.file);
    const [finding] = of(found, 'agent');
    assert.equal(finding?.state, 'problem');
    assert.ok(finding?.text.includes(agent.control), finding?.text);
    assert.deepEqual(
      of(found, 'upstreams').map(({ state }) => state),
      ['ok'],
    );
  });

  it('finds the agent of the file in the current directory', async function () {
    // An agent of this machine would be asked first.
    if (existsSync(DEFAULT_CONTROL_SOCKET)) this.skip();
    await agent.startWith(configuration());
    copyFileSync(agent.file, join(agent.directory, 'otel-config.yaml'));
    const command = await startCommand({ args: ['doctor'], cwd: agent.directory });
    await command.exited;
    assert.match(command.output, /^ok: agent: udscope /m);
  });

  it('has the mistakes of a configuration', async () => {
    agent.write({ receivers: 5 });
    const found = await findings('--config', agent.file, '--control', agent.control);
    const mistakes = of(found, 'configuration');
    assert.ok(
      mistakes.length > 0 && mistakes.every(({ state }) => state === 'problem'),
      JSON.stringify(mistakes),
    );
    unlinkSync(agent.file);
    const [absent] = of(await findings('--config', agent.file, '--control', agent.control), 'configuration');
    assert.match(absent?.text ?? '', /no such file/);
  });
});
