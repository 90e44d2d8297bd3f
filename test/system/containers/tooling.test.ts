/** Proves the fixtures of these tests, with nothing of udscope: containers talk to the service directly. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cleanup } from '../../support/cleanup.js';
import { requireTool } from '../support/requirements.js';
import { BUSYBOX, bind, CLIENT, makeBundle } from './bundle.js';
import { buildClient, CLIENT_BUILD_TIMEOUT_MS, clientArguments } from './client.js';
import { listenEcho } from './echo-service.js';
import { Container, RUNTIMES } from './runtimes.js';

const METHODS = ['eth_call', 'eth_chainId'];

describe('containers of the system tests', () => {
  requireTool('go', 'https://go.dev/dl');
  requireTool('busybox', 'apt-get install busybox-static');
  let cleanup: Cleanup;

  before(async function () {
    this.timeout(CLIENT_BUILD_TIMEOUT_MS);
    await buildClient();
  });

  beforeEach(() => {
    cleanup = new Cleanup();
  });

  afterEach(() => cleanup.run());

  for (const runtime of RUNTIMES) {
    describe(runtime, () => {
      requireTool(runtime, `apt-get install ${runtime}`);

      it('runs a client that reports what the service has heard', async () => {
        const directory = cleanup.directory();
        const service = await listenEcho(cleanup, join(directory, 'echo.sock'));
        const container = await Container.run(cleanup, {
          runtime,
          bundle: await makeBundle(cleanup, {
            args: [
              CLIENT,
              ...clientArguments({ socket: '/host/echo.sock', connections: 2, calls: 5, methods: METHODS }),
            ],
            mounts: [bind(directory, '/host')],
          }),
        });
        const report = await container.report();
        assert.deepEqual(report.errors, []);
        assert.deepEqual(report.calls, { eth_call: 6, eth_chainId: 4 });
        assert.deepEqual(service.calls, report.calls);
        assert.equal(report.connections, 2);
        assert.equal((await container.process.exited).code, 0);
      });

      it('creates, starts and kills a container that a file is mounted into, and leaves nothing', async () => {
        const inner = new Cleanup();
        cleanup.defer(() => inner.run());
        const directory = inner.directory();
        const service = await listenEcho(inner, join(directory, 'echo.sock'));
        const bundle = await makeBundle(inner, {
          args: [CLIENT, ...clientArguments({ mode: 'rounds', socket: '/e.sock', calls: 1 })],
          mounts: [bind(join(directory, 'echo.sock'), '/e.sock')],
        });
        const container = await Container.create(inner, { runtime, bundle });
        assert.equal(await container.status(), 'created');
        await container.start();
        container.say('once');
        container.say('twice');
        await container.report(2);
        assert.deepEqual(service.calls, { echo: 2 });
        await container.kill();
        await container.delete();
        assert.equal(await container.status(), undefined);
        await inner.run();
        assert.deepEqual(mentionsOf(bundle), []);
      });

      it('is told what a command in the container says', async () => {
        const bundle = await makeBundle(cleanup, { args: [BUSYBOX, 'sh', '-c', 'echo $$; exit 3'] });
        const { process } = await Container.run(cleanup, { runtime, bundle });
        assert.equal((await process.exited).code, 3);
        assert.match(process.output, /^1$/m);
      });
    });
  }
});

/** Processes and mounts that are about a path. */
function mentionsOf(path: string): string[] {
  const commands = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => `${pid} ${commandOf(pid)}`);
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return [...commands, ...mounts].filter((line) => line.includes(path));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}
