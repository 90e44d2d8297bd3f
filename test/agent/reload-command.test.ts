import assert from 'node:assert/strict';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent } from '../support/agent.js';
import { useCleanup } from '../support/cleanup.js';
import { startCommand } from '../support/udscope.js';

describe('udscope reload, of a running agent', () => {
  const cleanup = useCleanup();

  function configuration(agent: Agent, change: { control?: string; level?: string; name?: string } = {}) {
    const { control = agent.control, level = 'info', name = 'a' } = change;
    const sockets = [
      { name, listen: `${agent.directory}/${name}/s.sock`, upstream: `${agent.directory}/u.sock` },
    ];
    return {
      receivers: { uds: { sockets, threads: 1 } },
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      extensions: { control: { socket: control } },
      service: {
        extensions: ['control'],
        telemetry: { logs: { level } },
        pipelines: { metrics: { receivers: ['uds'], exporters: ['prometheus'] } },
      },
    };
  }

  async function reload(control: string): Promise<{ code: number | null; output: string }> {
    const command = await startCommand({ args: ['reload', '--control', control] });
    const { code } = await command.exited;
    return { code, output: command.output };
  }

  const started = async (isSupervised = false) => {
    const agent = new Agent(cleanup);
    return agent.startWith(configuration(agent), { isSupervised });
  };

  it('says what has changed once that holds', async () => {
    const agent = await started();
    agent.write(configuration(agent, { name: 'b' }));
    const { code, output } = await reload(agent.control);
    assert.deepEqual(
      [code, output],
      [0, `reloaded ${agent.file}: receivers.uds.sockets.a removed, receivers.uds.sockets.b added\n`],
    );
    assert.ok(existsSync(`${agent.directory}/b/s.sock`));
    assert.match((await reload(agent.control)).output, /: nothing is different$/m);
  });

  it('has the same mistakes as the log, and changes nothing', async () => {
    const agent = await started();
    writeFileSync(agent.file, 'receivers: 5\nexporter: {}\n');
    const { code, output } = await reload(agent.control);
    assert.equal(code, 1);
    const [head, ...mistakes] = output.trimEnd().split('\n');
    assert.equal(head, 'configuration not reloaded, nothing has changed:');
    assert.ok(mistakes.length >= 2, output);
    for (const mistake of mistakes) assert.ok(agent.process.output.includes(mistake), mistake);
    assert.ok(existsSync(`${agent.directory}/a/s.sock`));
  });

  it('is answered by an agent whose control socket is another from then on', async () => {
    const agent = await started();
    const control = join(agent.directory, 'private/other.sock');
    agent.write(configuration(agent, { control }));
    const { code, output } = await reload(agent.control);
    assert.deepEqual([code, output], [0, `reloaded ${agent.file}: extensions.control.socket changed\n`]);
    assert.match((await reload(agent.control)).output, /^no agent answers at /);
    assert.equal((await reload(control)).code, 0);
  });

  it('is answered by an agent that has no control socket from then on', async () => {
    const agent = await started();
    const { extensions: _, service, ...rest } = configuration(agent);
    agent.write({ ...rest, service: { ...service, extensions: [] } });
    const { code, output } = await reload(agent.control);
    assert.equal(code, 0);
    assert.match(output, /: extensions\.control removed, service\.extensions changed$/m);
  });

  it('works under udscope supervise', async () => {
    const agent = await started(true);
    // Killed alone, it would leave the agent.
    cleanup.defer(() => agent.process.stop());
    agent.write(configuration(agent, { level: 'debug' }));
    const { output } = await reload(agent.control);
    assert.equal(output, `reloaded ${agent.file}: service.telemetry.logs.level changed\n`);
  });

  it('reads the files that the agent was started with, and no others', async () => {
    const agent = await started();
    renameSync(agent.file, `${agent.file}.away`);
    const { code, output } = await reload(agent.control);
    assert.equal(code, 1);
    assert.match(output, /udscope\.yaml: no such file/);
  });
});
