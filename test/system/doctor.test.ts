import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Finding } from '../../src/cli/doctor/finding.js';
import { Agent } from '../support/agent.js';
import { useCleanup } from '../support/cleanup.js';
import { startProcess } from '../support/process.js';
import { EchoServer, startCommand } from '../support/udscope.js';
import { requireTool } from './support/requirements.js';

/**
 * A container: mounts, and a root directory, of its own. It has the file of a relay socket at /relay, and the directory of the control
 * socket at /private. Without any program in it, the shell itself waits.
 */
const CONTAINER = `
  set -e
  mkfifo "$1/fifo"
  exec 3<>"$1/fifo"
  mount -t tmpfs none "$1/root"
  mkdir "$1/root/private" "$1/root/old"
  : > "$1/root/relay"
  mount --bind "$1/a/a.sock" "$1/root/relay"
  mount --bind "$1/private" "$1/root/private"
  cd "$1/root"
  pivot_root . old
  echo mounted
  read -r line <&3
`;

describe('udscope doctor, of containers', () => {
  requireTool('unshare', 'apt-get install util-linux');
  requireTool('pivot_root', 'apt-get install util-linux');
  const cleanup = useCleanup();

  async function findings(agent: Agent, check: string): Promise<string[]> {
    const command = await startCommand({ args: ['doctor', '--json', '--control', agent.control] });
    await command.exited;
    return (JSON.parse(command.output) as Finding[])
      .filter((finding) => finding.check === check && finding.state === 'problem')
      .map(({ text }) => text);
  }

  it('finds the socket file that a restart has left behind, and who can reach the control socket', async () => {
    const agent = new Agent(cleanup);
    const { directory } = agent;
    const upstream = join(directory, 'upstream.sock');
    const server = await EchoServer.listen(upstream);
    cleanup.defer(() => server.close());
    const configuration = {
      receivers: {
        uds: {
          sockets: [{ name: 'a', listen: join(directory, 'a/a.sock'), upstream }],
          containers: { directory: join(directory, 'private/containers') },
        },
      },
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      extensions: { control: { socket: agent.control } },
      service: {
        extensions: ['control'],
        pipelines: { metrics: { receivers: ['uds'], exporters: ['prometheus'] } },
      },
    };
    await agent.startWith(configuration);
    // Removed with the test's directory; what is mounted there is in the container alone.
    const args = ['--mount', 'sh', '-c', `mkdir "$1/root"${CONTAINER}`, 'sh', directory];
    const container = await startProcess({ command: 'unshare', args });
    cleanup.defer(() => container.kill());
    await container.waitForOutput('mounted');
    assert.deepEqual(await findings(agent, 'mounts'), []);
    const reached = await findings(agent, 'control socket');
    assert.equal(reached.length, 1, reached.join('\n'));
    assert.match(reached[0] ?? '', /^a container \(pid \d+\) has the control socket mounted/);
    await agent.process.stop();
    await agent.startWith(configuration);
    const stale = await findings(agent, 'mounts');
    assert.equal(stale.length, 1, stale.join('\n'));
    assert.match(stale[0] ?? '', /^a container \(pid \d+\) has a relay socket at \/relay that is not there/);
  });
});
