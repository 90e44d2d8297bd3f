import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { mountSilent } from '../support/silent-mount.js';
import { COMMAND, startCommand } from '../support/udscope.js';

describe('a command that looks, and a mount that does not answer', () => {
  const cleanup = useCleanup();
  let mount: string;

  beforeEach(function () {
    const directory = `${cleanup.directory()}/silent`;
    mkdirSync(directory);
    mount = mountSilent(directory, cleanup) ?? '';
    // Only root can mount it.
    if (mount === '') this.skip();
  });

  it('does not keep udscope doctor from its end', async () => {
    const command = await startCommand({ args: ['doctor', '--control', `${mount}/c.sock`] });
    const { code } = await command.exited;
    assert.equal(code, 1);
    assert.match(command.output, /^problem: agent: the control socket .* does not answer$/m);
  });

  const looks = (): readonly (readonly string[])[] => [
    ['doctor', '--config', `${mount}/a.yaml`],
    ['init', `${mount}/a.yaml`],
    ...['reload', 'ps', 'status', 'tail', 'top', 'upgrade'].map((name) => [
      name,
      '--control',
      `${mount}/c.sock`,
    ]),
    ['register', '--container', 'c1', '--path', '/a', '--upstream', '/b', '--control', `${mount}/c.sock`],
    ['test', `${mount}/tests.yaml`],
    ['__complete', 'bash', 'tail', '--control', `${mount}/c.sock`, '--socket', ''],
  ];

  it('does not keep Ctrl-C from ending it', async () => {
    for (const args of looks()) {
      const child = spawn(process.execPath, [COMMAND, ...args], { stdio: 'ignore' });
      cleanup.defer(() => void child.kill('SIGKILL'));
      const closed = once(child, 'close');
      await eventually('it waits for the mount', () =>
        /fuse/.test(readFileSync(`/proc/${child.pid}/wchan`, 'utf8')),
      );
      child.kill('SIGINT');
      assert.deepEqual(await closed, [null, 'SIGINT'], args.join(' '));
    }
  });
});
