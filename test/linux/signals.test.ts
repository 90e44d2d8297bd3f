import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { execPath, geteuid } from 'node:process';
import { pathToFileURL } from 'node:url';
import { useCleanup } from '../support/cleanup.js';
import { repositoryPath } from '../support/paths.js';

const MODULE = pathToFileURL(repositoryPath('dist', 'src', 'linux', 'signals.js'));
const PROGRAM = `import(${JSON.stringify(MODULE)}).then(({ letSignalsEndProcess }) => {
  letSignalsEndProcess();
  console.log('waiting');
  for (;;);
})`;

describe('letSignalsEndProcess', () => {
  const cleanup = useCleanup();

  async function start(command: string, ...args: string[]) {
    const child = spawn(command, [...args, execPath, '-e', PROGRAM], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    cleanup.defer(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    return child;
  }

  it('has SIGTERM end a process whose main thread does not listen', async () => {
    const child = await start('env');
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'close'), [null, 'SIGTERM']);
  });

  it('has it end the first process of a container, too', async function () {
    // Only root can make a PID namespace.
    if (geteuid?.() !== 0) this.skip();
    const outer = await start('unshare', '--pid', '--fork', '--kill-child');
    const first = Number(readFileSync(`/proc/${outer.pid}/task/${outer.pid}/children`, 'utf8'));
    process.kill(first, 'SIGTERM');
    assert.deepEqual(await once(outer, 'close'), [constants.signals.SIGTERM, null]);
  });
});
