import assert from 'node:assert/strict';
import { waitFor } from '../../support/process.js';
import { requireTool } from '../support/requirements.js';
import { itWorks } from './passage.js';
import { client, serve, TypedProcess } from './real-program.js';

const DETACH = '\x02d';

describe('tmux', () => {
  requireTool('tmux', 'apt-get install tmux');
  requireTool('script', 'apt-get install bsdutils');

  // Whoever attaches hands the server his terminal as descriptors.
  itWorks('attaches a terminal to a session', async (passage, cleanup) => {
    const env = { TERM: 'xterm', TMUX: '' };
    const tmux = (path: string, ...args: string[]) => ['-S', path, '-f', '/dev/null', ...args];
    const server = await serve(cleanup, 'tmux', tmux(passage.upstream, '-D'), env);
    await passage.open(server);
    await client('tmux', tmux(passage.socket, 'new-session', '-d', '-x', '80', '-y', '24', 'cat'), env);

    const attach = `tmux -S ${passage.socket} attach`;
    const terminal = await TypedProcess.start(cleanup, 'script', ['-qefc', attach, '/dev/null'], env);
    await terminal.waitForOutput('[0] 0:');
    terminal.type('typed by hand\r');
    // Once as the terminal's echo, and once from the program.
    await terminal.waitForOutput(/typed by hand[\s\S]*typed by hand/);
    const seen = await client('tmux', tmux(passage.socket, 'capture-pane', '-p'), env);
    assert.match(seen, /^typed by hand\ntyped by hand\n/);
    terminal.type(DETACH);
    await waitFor('the client to detach', () => terminal.exit, { process: terminal });
    assert.equal((await terminal.exited).code, 0);
    assert.match(terminal.output, /\[detached \(from session 0\)\]/);

    // Every client, of three, hands over its standard input and output.
    await passage.assertBooks({ connections: 3, sentDescriptors: 6, receivedDescriptors: 0 });
  });
});
