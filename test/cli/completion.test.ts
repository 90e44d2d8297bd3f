import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SHELLS } from '../../src/cli/completion/shells.js';
import { startProcess } from '../support/process.js';
import { COMMAND } from '../support/udscope.js';
import { socketOf, useCommands } from './support/commands.js';

describe('udscope completion', () => {
  const commands = useCommands();
  const offered = async (...words: string[]) =>
    (await commands.current().outputOf('__complete', 'zsh', ...words))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t')[0]);

  it('offers names that an agent gives, and is silent without one', async () => {
    const id = 'c0ffee00'.repeat(8);
    await commands
      .current()
      .outputOf('register', '--container', id, '--name', 'wallet', ...socketOf('/a.sock'));
    const containers = await offered('tail', '--container', '');
    assert.ok(containers.includes(id.slice(0, 12)), containers.join());
    assert.deepEqual(await offered('unregister', '--container', id.slice(0, 20)), [id]);
    assert.deepEqual(await offered('tail', '--control', '/nobody', '--container', ''), []);
    assert.deepEqual(await offered('run', '--config', ''), [':files']);
  });

  it('prints a script for each shell, and bash completes with its own', async () => {
    const folder = commands.cleanup.directory();
    const program = join(folder, 'udscope');
    writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${COMMAND}' "$@"\n`);
    chmodSync(program, 0o755);
    for (const shell of SHELLS) {
      assert.match(await commands.current().outputOf('completion', shell), /__complete/, shell);
    }
    const tries = [
      `source <(udscope completion bash)`,
      `compopt() { echo "compopt $*"; }`,
      `try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _udscope; echo "\${COMPREPLY[*]}"; }`,
      `try udscope ta`,
      `try udscope top --view = so`,
      `try udscope run --config ''`,
    ];
    const bash = await startProcess({
      command: 'bash',
      args: ['--norc', '-c', tries.join('\n')],
      env: { PATH: `${folder}${delimiter}${process.env['PATH']}` },
    });
    await bash.exited;
    const none = 'compopt +o default +o bashdefault';
    assert.equal(bash.output, `${none}\ntail\n${none}\nsockets\n\n`);
  });
});
