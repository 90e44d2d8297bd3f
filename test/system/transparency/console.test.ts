import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { BUSYBOX, makeBundle } from '../containers/bundle.js';
import { buildClient, CLIENT_BUILD_TIMEOUT_MS } from '../containers/client.js';
import { engineId } from '../containers/runtimes.js';
import { findTool, requireTool } from '../support/requirements.js';
import { itWorks } from './passage.js';
import { client, PYTHON, program, serve } from './real-program.js';

describe("a container's terminal", () => {
  requireTool('runc', 'apt-get install runc');
  requireTool('busybox', 'apt-get install busybox-static');
  requireTool('go', 'https://go.dev/dl');
  before(async function () {
    this.timeout(CLIENT_BUILD_TIMEOUT_MS);
    await buildClient();
  });

  // As containerd and conmon get it.
  itWorks('is handed over by runc', async (passage, cleanup) => {
    const receiver = await serve(cleanup, PYTHON, [
      program('terminal_receiver.py'),
      passage.upstream,
      'typed',
    ]);
    await passage.open(receiver);
    const script = '/busybox tty; read line; echo got $line';
    const bundle = await makeBundle(cleanup, {
      args: [BUSYBOX, 'sh', '-c', script],
      mounts: [
        {
          destination: '/dev/pts',
          type: 'devpts',
          source: 'devpts',
          options: ['newinstance', 'ptmxmode=0666'],
        },
      ],
      hasTerminal: true,
    });
    const id = engineId();
    const runc = findTool('runc') ?? 'runc';
    const root = `--root=${cleanup.directory()}`;
    cleanup.defer(() => void execFileSync(runc, [root, 'delete', '--force', id]));
    await client(runc, [
      root,
      'run',
      '--detach',
      `--console-socket=${passage.socket}`,
      `--bundle=${bundle}`,
      id,
    ]);
    assert.equal((await receiver.exited).code, 0, receiver.describe());
    // The terminal echoes what is typed whenever it comes.
    assert.deepEqual(receiver.output.trim().split('\r\n').sort(), ['/dev/pts/0', 'got typed', 'typed']);
    await passage.assertBooks({ connections: 1, sentDescriptors: 1, receivedDescriptors: 0 });
  });
});
