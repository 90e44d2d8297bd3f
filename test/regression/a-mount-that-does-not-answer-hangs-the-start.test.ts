import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { repositoryPath } from '../support/paths.js';
import { mountSilent } from '../support/silent-mount.js';
import { startCommand } from '../support/udscope.js';

const MAIN = repositoryPath('dist', 'src', 'cli', 'main.js');

describe('a start with a mount that does not answer', () => {
  const cleanup = useCleanup();

  function start(...command: string[]) {
    const child = spawn(process.execPath, [MAIN, ...command], { stdio: ['ignore', 'ignore', 'pipe'] });
    cleanup.defer(() => void child.kill('SIGKILL'));
    const said: string[] = [];
    child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
    return { child, said };
  }

  function silent(): string {
    const directory = `${cleanup.directory()}/silent`;
    mkdirSync(directory);
    return mountSilent(directory, cleanup) ?? '';
  }

  for (const key of ['listen', 'upstream']) {
    it(`says so of ${key}, and ends`, async function () {
      const mount = silent();
      // Only root can mount it.
      if (mount === '') this.skip();
      const other = cleanup.directory();
      const paths = { listen: `${other}/r.sock`, upstream: `${other}/u.sock`, [key]: `${mount}/s.sock` };
      const { child, said } = start('relay', '--no-control', paths.listen, paths.upstream);
      const [code] = await once(child, 'close');
      assert.equal(code, 1);
      assert.match(said.join(''), /does not answer \(fuse at .*silent/);
    });
  }

  it('is not held up by an upstream in a directory that cannot be made, nor is its end', async () => {
    const directory = cleanup.directory();
    for (const upstream of ['/proc/nope/a.sock', '/sys/nope/a/b.sock', '/dev/null/a.sock']) {
      const args = ['relay', '--no-control', `${directory}/r.sock`, upstream, '--prometheus', 'localhost:0'];
      const agent = await startCommand({ args });
      await agent.waitForOutput('udscope is ready');
      assert.equal((await agent.stop()).code, 0, upstream);
    }
  });

  it('ends by SIGTERM wherever it waits', async function () {
    const mount = silent();
    // Only root can mount it.
    if (mount === '') this.skip();
    const { child } = start('run', '--config', `${mount}/run.yaml`);
    await eventually('it waits for the mount', () =>
      /fuse/.test(readFileSync(`/proc/${child.pid}/wchan`, 'utf8')),
    );
    child.kill('SIGTERM');
    const [, signal] = await once(child, 'close');
    assert.equal(signal, 'SIGTERM');
  });
});
