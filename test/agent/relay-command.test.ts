import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { useCleanup } from '../support/cleanup.js';
import type { RealProcess } from '../support/process.js';
import { EchoServer, startCommand } from '../support/udscope.js';

const USUAL_PORT = 9464;

describe('udscope relay', () => {
  const cleanup = useCleanup();
  let directory: string;
  let upstream: string;

  beforeEach(async () => {
    directory = cleanup.directory();
    mkdirSync(`${directory}/run`);
    upstream = `${directory}/up.sock`;
    const server = await EchoServer.listen(upstream);
    cleanup.defer(() => server.close());
  });

  /** Where an agent is looked for, as a user's directory would be; no test touches that of the machine. */
  const env = () => ({ UDSCOPE_CONTROL: `${directory}/run/private/control.sock` });

  async function relay(name: string, ...options: string[]): Promise<RealProcess> {
    const args = ['relay', `${directory}/${name}/${name}.sock`, upstream, ...options];
    const agent = await startCommand({ args, env: env() });
    cleanup.defer(() => agent.stop());
    await agent.waitForOutput('udscope is ready');
    return agent;
  }

  async function outputOf(...args: string[]): Promise<string> {
    const command = await startCommand({ args, env: env() });
    await command.exited;
    return command.output;
  }

  it('can be asked where an agent is looked for', async () => {
    await relay('a', '--prometheus', 'localhost:0');
    assert.match(await outputOf('status'), /^udscope .*\nconfiguration: arguments, loaded/);
    assert.match(await outputOf('ps', '--sockets', '--interval', '0'), /\/a\/a\.sock/);
  });

  it('relays beside another agent, and says what it has not', async () => {
    await relay('a', '--prometheus', 'localhost:0');
    const second = await relay('b', '--prometheus', 'localhost:0');
    assert.match(
      second.output,
      /another process is listening there; tail, top, ps and status cannot ask; give --control/,
    );
  });

  it('names the variable whose control socket it cannot have', async () => {
    const args = ['relay', `${directory}/run/a.sock`, upstream, '--prometheus', 'localhost:0'];
    const agent = await startCommand({ args, env: env() });
    cleanup.defer(() => agent.stop());
    await agent.waitForOutput('udscope is ready');
    assert.match(agent.output, /UDSCOPE_CONTROL: ".*" lies in the directory of the listening socket/);
  });

  it('has another port where the usual one is taken and nobody chose it', async () => {
    const busy = createServer();
    cleanup.defer(() => busy.close());
    // Taken by this test, or by whatever has it already.
    await new Promise((resolve) =>
      busy.once('error', resolve).listen(USUAL_PORT, '127.0.0.1', () => resolve(true)),
    );
    const agent = await relay('a', '--no-control');
    assert.match(agent.output, /port is in use; metrics have another port/);
    const args = [
      'relay',
      `${directory}/b/b.sock`,
      upstream,
      '--no-control',
      '--prometheus',
      `localhost:${USUAL_PORT}`,
    ];
    const refused = await startCommand({ args });
    assert.equal((await refused.exited).code, 1);
    assert.match(refused.output, /port is in use/);
  });

  it('relays where the control socket cannot be, unless it was asked for', async () => {
    const args = ['relay', `${directory}/r.sock`, upstream, '--prometheus', 'localhost:0'];
    const agent = await startCommand({ args, env: env() });
    cleanup.defer(() => agent.stop());
    await agent.waitForOutput('udscope is ready');
    assert.match(
      agent.output,
      /in the directory of the listening socket.*tail, top, ps and status cannot ask/s,
    );
    const asked = await startCommand({ args: [...args, '--control', `${directory}/c.sock`], env: env() });
    assert.equal((await asked.exited).code, 1);
  });
});
