import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { RUNTIMES } from '../containers/runtimes.js';
import { requireTool } from '../support/requirements.js';
import { assertCountedFor, PROGRAMS, requireContainers, runProgram, within } from './container-programs.js';
import { importImage, startDocker } from './docker-daemon.js';
import { startBus } from './message-bus.js';
import { itWorks } from './passage.js';
import { PYTHON, program, serve } from './real-program.js';

const TIMES = 5;

describe('a container', () => {
  requireContainers(...RUNTIMES);
  requireTool('dockerd', 'apt-get install docker.io');
  requireTool('dbus-daemon', 'apt-get install dbus python3-dbus python3-gi');

  for (const runtime of RUNTIMES) {
    itWorks(`in ${runtime} runs a command with Docker, and ends its input,`, async (passage, cleanup) => {
      await startDocker(cleanup, passage);
      await importImage(cleanup, passage);
      const input = 'typed in a container\n'.repeat(1000);
      const sum = ['run', '--rm', '-i', '--network=none', 'udscope-test', '/busybox', 'sha256sum'];
      const docker = [`DOCKER_HOST=unix://${within(passage)}`, '/usr/bin/docker', ...sum];
      const container = await runProgram(cleanup, passage, runtime, docker);
      container.say(input.trimEnd());
      container.hush();
      assert.equal((await container.process.exited).code, 0, container.process.describe());
      const expected = createHash('sha256').update(input).digest('hex');
      assert.equal(container.process.output, `${expected}  -\n`);
      await assertCountedFor(passage, container);
    });
  }

  itWorks('in runc hands descriptors to a service, and takes some,', async (passage, cleanup) => {
    await startBus(passage, cleanup);
    // The service is the host's, and needs no relay.
    const service = await serve(cleanup, PYTHON, [
      program('dbus_service.py'),
      `unix:path=${passage.upstream}`,
    ]);
    await service.waitForOutput('ready');
    const args = [PYTHON, `${PROGRAMS}/dbus_client.py`, `unix:path=${within(passage)}`, `${TIMES}`];
    const container = await runProgram(cleanup, passage, 'runc', args);
    assert.equal((await container.process.exited).code, 0, container.process.describe());
    const expected = Array.from({ length: TIMES }, (_, i) => `from the client ${i}\nfrom the service ${i}\n`);
    assert.equal(container.process.output, expected.join(''));
    await passage.assertBooks({ connections: 1, sentDescriptors: TIMES, receivedDescriptors: TIMES });
    await assertCountedFor(passage, container);
  });
});
