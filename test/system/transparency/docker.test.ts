import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Cleanup } from '../../support/cleanup.js';
import { requireTool } from '../support/requirements.js';
import { clientEnvironment, IMAGE, importImage, startDocker } from './docker-daemon.js';
import { Passage, WAYS } from './passage.js';
import { client, TypedProcess } from './real-program.js';

/** More than the buffers on its way hold. */
const INPUT = randomBytes(3_000_000);

describe('Docker', function () {
  this.timeout(60_000);
  requireTool('dockerd', 'apt-get install docker.io');
  requireTool('docker', 'apt-get install docker.io');
  requireTool('busybox', 'apt-get install busybox-static');

  for (const way of WAYS) {
    describe(way, () => {
      const cleanup = new Cleanup();
      let passage: Passage;
      let docker: (...args: string[]) => Promise<string>;
      let typed: (...args: string[]) => Promise<TypedProcess>;

      before(async () => {
        passage = new Passage(cleanup, way, { name: 'docker.sock' });
        await startDocker(cleanup, passage);
        await importImage(cleanup, passage);
        const env = clientEnvironment(cleanup, passage.socket);
        docker = (...args) => client('docker', args, env);
        typed = (...args) => TypedProcess.start(cleanup, 'docker', args, env);
        await docker('run', '--detach', '--network=none', '--name=box', IMAGE, '/busybox', 'sleep', '1000');
        cleanup.defer(() => docker('rm', '--force', 'box'));
      });

      after(() => cleanup.run());

      it('runs a command and says what it says', async () => {
        assert.equal(await docker('run', '--rm', '--network=none', IMAGE, '/busybox', 'echo', 'hi'), 'hi\n');
      });

      // The client ends its half of a hijacked connection when its input has ended, and waits for what comes back.
      for (const command of [
        ['run', '--rm', '-i', '--network=none', IMAGE],
        ['exec', '-i', 'box'],
      ]) {
        it(`${command[0]} gives back what comes after the end of its input`, async () => {
          const run = await typed(...command, '/busybox', 'sha256sum');
          run.type(INPUT);
          run.hush();
          assert.equal((await run.exited).code, 0, run.describe());
          assert.equal(run.output, `${createHash('sha256').update(INPUT).digest('hex')}  -\n`);
          await passage.assertCounted('that the input went through', ({ sentBytes, sentDescriptors }) => {
            assert.ok(sentBytes > INPUT.length, `${sentBytes}`);
            assert.equal(sentDescriptors, 0);
          });
        });
      }

      it('attaches to a terminal that is typed to', async () => {
        const shell = await typed('exec', '-i', 'box', '/busybox', 'sh');
        for (const word of ['one', 'two']) {
          shell.type(`echo ${word}-$((40 + 2))\n`);
          await shell.waitForOutput(`${word}-42\n`);
        }
        shell.type('exit 3\n');
        assert.equal((await shell.exited).code, 3, shell.describe());
      });

      it('tells of the daemon what it tells directly', async () => {
        assert.match(await docker('ps', '--format', '{{.Names}} {{.Image}}'), /^box udscope-test$/m);
      });
    });
  }
});
