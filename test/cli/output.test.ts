import assert from 'node:assert/strict';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useCleanup } from '../support/cleanup.js';
import { startProcess } from '../support/process.js';
import { useCommands } from './support/commands.js';

const COMMAND = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

describe('what a command prints', () => {
  const commands = useCommands();
  const cleanup = useCleanup();

  const every = [
    ['--help'],
    ['--version'],
    ['help', 'tail'],
    ['components'],
    ['schema'],
    ['status'],
    ['status', '--json'],
    ['ps', '--interval', '0'],
    ['ps', '--interval', '0', '--json'],
  ];

  async function inShell(
    script: string,
    args: readonly string[],
  ): Promise<{ code: number | null; output: string }> {
    const shell = await startProcess({
      command: 'bash',
      args: ['-o', 'pipefail', '-c', script, process.execPath, COMMAND, ...args],
      env: { UDSCOPE_CONTROL: commands.current().socket },
    });
    cleanup.defer(() => shell.kill());
    const { code } = await shell.exited;
    return { code, output: shell.output };
  }

  for (const args of every) {
    it(`is an error where the disk is full: ${args.join(' ')}`, async () => {
      const { code, output } = await inShell('"$0" "$@" > /dev/full', args);
      assert.equal(code, 1, output);
      assert.match(output, /^udscope: cannot write: .*ENOSPC.*\n$/);
    });

    it(`may be left unread: ${args.join(' ')}`, async () => {
      assert.deepEqual(await inShell('"$0" "$@" | true', args), { code: 0, output: '' });
    });
  }

  it('cannot be told where stderr is full, too, and the exit code says it', async () => {
    const args = ['validate', '--config', join(cleanup.directory(), 'absent.yaml')];
    assert.deepEqual(await inShell('"$0" "$@" 2> /dev/full', args), { code: 1, output: '' });
  });
});
