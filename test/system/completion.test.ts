/** Shells complete the command with the scripts that it prints, and man(1) has nothing to say against its pages. */
import assert from 'node:assert/strict';
import { chmodSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { useCleanup } from '../support/cleanup.js';
import { repositoryPath } from '../support/paths.js';
import { startProcess } from '../support/process.js';
import { COMMAND } from '../support/udscope.js';
import { requireTool } from './support/requirements.js';

/** Types on a terminal of its own, and waits for what appears there. */
const ZSH = String.raw`
zmodload zsh/zpty
zpty z env TERM=dumb zsh -f -i
zpty -w z "autoload -Uz compinit && compinit -u -D && source <(udscope completion zsh); PROMPT=; unsetopt beep; print RE''ADY"
zpty -r z line '*READY*'
zpty -w -n z $'udscope tail --proto\t'
zpty -r z line '*--protocol*'
zpty -w -n z $'redi\t'
zpty -r z line '*redis*'
print completed
zpty -w -n z $'\x03'
zpty -w z exit
`;

const FISH = `udscope completion fish | source
complete -C 'udscope top --view so'
complete -C 'udscope stat'
complete -C 'udscope run --config otel-c'
`;

describe('completion in other shells', () => {
  const cleanup = useCleanup();

  requireTool('zsh', 'apt-get install zsh');
  requireTool('fish', 'apt-get install fish');

  async function outputOf(command: string, ...args: string[]): Promise<string> {
    const folder = cleanup.directory();
    const program = join(folder, 'udscope');
    writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${COMMAND}' "$@"\n`);
    chmodSync(program, 0o755);
    const shell = await startProcess({
      command,
      args,
      cwd: repositoryPath(),
      env: { PATH: `${folder}${delimiter}${process.env['PATH']}`, HOME: folder, XDG_CONFIG_HOME: folder },
    });
    cleanup.defer(() => shell.kill());
    await shell.exited;
    return shell.output;
  }

  it('zsh completes options and their values', async () => {
    assert.equal(await outputOf('zsh', '-f', '-c', ZSH), 'completed\n');
  });

  it('fish completes commands, values and files', async () => {
    const lines = (await outputOf('fish', '--no-config', '-c', FISH)).trimEnd().split('\n');
    assert.deepEqual(lines, ['sockets', 'status\tshow the state of a running agent', 'otel-config.yaml']);
  });
});

describe('the pages of the manual', () => {
  requireTool('man', 'apt-get install man-db');

  it('are shown without a warning', async () => {
    const pages = readdirSync(repositoryPath('dist/man'));
    assert.ok(pages.includes('udscope.1'));
    for (const page of pages) {
      const man = await startProcess({
        command: 'man',
        args: ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', repositoryPath(`dist/man/${page}`)],
        env: { LC_ALL: 'C.UTF-8' },
      });
      await man.exited;
      assert.doesNotMatch(man.output, /^\S*: warning/m, page);
    }
  });
});
