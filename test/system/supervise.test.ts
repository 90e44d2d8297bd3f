import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kill } from 'node:process';
import { fileURLToPath } from 'node:url';
import { useCleanup } from '../support/cleanup.js';
import { RealProcess, startProcess, waitFor } from '../support/process.js';
import { childrenOf, Supervised } from '../support/supervised.js';
import { requireTool } from './support/requirements.js';

/** Compiled, this file is in dist/test/system. */
const COMMAND = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** Connects to a socket, sends a word and prints the answer. */
const CLIENT = `
  const socket = require('node:net').connect(process.argv[1]);
  socket.on('data', (data) => { console.log('answered ' + data); socket.destroy(); });
  socket.on('error', (error) => console.log(error.code));
  socket.write('hello');
`;

describe('udscope supervise', () => {
  requireTool('unshare', 'apt-get install util-linux');
  requireTool('nsenter', 'apt-get install util-linux');
  const cleanup = useCleanup();
  let supervised: Supervised;

  beforeEach(async () => {
    supervised = await Supervised.prepare(cleanup);
  });

  it('keeps a container connected that has mounted the very file of the socket', async () => {
    const agent = await supervised.startReady();
    const inside = join(supervised.directory, 'inside.sock');
    writeFileSync(inside, '');
    const mount = `mount --bind ${supervised.listen} ${inside} && echo mounted && exec sleep 600`;
    const container = await startProcess({ command: 'unshare', args: ['--mount', 'sh', '-c', mount] });
    cleanup.defer(() => container.kill());
    await container.waitForOutput('mounted');
    const { ino } = lstatSync(supervised.listen);
    for (let times = 2, pid = agent; times < 5; times++) {
      kill(pid, 'SIGKILL');
      const client = await startProcess({
        command: 'nsenter',
        args: ['--target', String(container.pid), '--mount', process.execPath, '-e', CLIENT, inside],
      });
      await client.waitForOutput('answered hello');
      pid = await supervised.readyAgent(times);
    }
    assert.equal(lstatSync(supervised.listen).ino, ino);
  });

  it('is the first process of a container, too: it reaps what others leave behind', async () => {
    const args = ['supervise', '--no-standby', '--', process.execPath, COMMAND, 'run', '--config'];
    const child = spawn(
      'unshare',
      [
        '--pid',
        '--fork',
        '--kill-child',
        '--mount-proc',
        process.execPath,
        COMMAND,
        ...args,
        supervised.file,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const outer = new RealProcess('unshare', child);
    cleanup.defer(() => outer.kill());
    await outer.waitForOutput('udscope is ready');
    const [first] = childrenOf(outer.pid);
    const agents = () => childrenOf(first);
    const [agent] = agents();
    // The shell ends before its child, which is then one of the first process.
    const orphan = ['--target', String(first), '--pid', 'sh', '-c', '(sh -c "sleep 0.1 &" &)'];
    for (let i = 0; i < 5; i++) await (await startProcess({ command: 'nsenter', args: orphan })).exited;
    await waitFor('the orphans to be reaped', () => agents().length === 1 && agents()[0] === agent);
    kill(agent, 'SIGKILL');
    await outer.waitForOutput(/ready.*ready/s);
    kill(first, 'SIGTERM');
    assert.equal((await outer.exited).code, 0);
  });
});
