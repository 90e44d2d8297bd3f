/** Servers whose paths are taken over, restarted and given back: their clients see what they would see without a relay. */
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asidePath } from '../../../src/linux/front.js';
import { Agent } from '../../support/agent.js';
import { Cleanup } from '../../support/cleanup.js';
import { type RealProcess, startProcess, waitFor } from '../../support/process.js';
import { accountOf } from '../support/account.js';
import { directoryOf, runAs } from '../support/as-user.js';
import { POSTGRESQL_SOCKET, servePostgresql } from '../support/postgresql.js';
import { findTool, requireTool } from '../support/requirements.js';
import { daemonArguments } from './docker-daemon.js';

/** A server and one of its clients, at a path that is the server's own. */
interface Service {
  readonly path: string;
  start(): Promise<RealProcess>;
  /** What a client says that does a little work. It may fail. */
  use(): Promise<string>;
  /** What the client says when the server is there. */
  readonly served: RegExp;
  /** How it ends before it is started again: once with its socket left behind, once without, where it can be. */
  readonly ends: readonly NodeJS.Signals[];
}

describe('a path that is taken over from', function () {
  this.timeout(120_000);
  let cleanup: Cleanup;

  beforeEach(() => {
    cleanup = new Cleanup();
  });

  afterEach(() => cleanup.run());

  describe('Docker', () => {
    requireTool('dockerd', 'apt-get install docker.io');
    requireTool('docker', 'apt-get install docker.io');

    it('serves, refuses, serves again and is given back', async () => outlives(await docker()));
  });

  describe('containerd', () => {
    requireTool('containerd', 'apt-get install containerd');
    requireTool('ctr', 'apt-get install containerd');

    it('serves, refuses, serves again and is given back', () => outlives(containerd()));
  });

  describe('PostgreSQL', () => {
    requireTool('psql', 'apt-get install postgresql');

    it('serves, refuses, serves again and is given back', () => outlives(postgresql()));
  });

  async function outlives({ path, start, use, served, ends }: Service): Promise<void> {
    let server = await start();
    assert.match(await use(), served);
    const own = inodeAt(path);
    const agent = await new Agent(cleanup).startWith({
      receivers: { uds: { sockets: [{ name: 'taken', upstream: path, takeover: true }] } },
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      service: { pipelines: { metrics: { receivers: ['uds'], exporters: ['prometheus'] } } },
    });
    const isTaken = () => inodeAt(path) === inodeAt(asidePath(path)) && inodeAt(path) !== undefined;
    assert.ok(isTaken());
    assert.notEqual(inodeAt(path), own);
    assert.match(await use(), served);
    const opened = () => agent.sum('uds_connections_opened_total');
    assert.ok((await opened()) > 0);
    for (const end of ends) {
      server.signal(end);
      await server.exited;
      await waitFor('the path to be left', async () => !isTaken());
      const through = await use();
      assert.doesNotMatch(through, served);
      assert.doesNotMatch(through, /reset by peer|EOF|closed the connection/);
      server = await start();
      await waitFor('the path to be taken again', async () => isTaken(), { process: agent.process });
      const before = await opened();
      assert.match(await use(), served);
      await agent.until('the client to be counted', async () => (await opened()) > before);
    }
    assert.equal(await agent.sum('uds_connection_errors_total'), 0, agent.process.describe());
    await agent.process.stop();
    assert.ok(!isTaken());
    assert.deepEqual(
      readdirSync(dirname(path)).filter((name) => name.includes('udscope')),
      [],
    );
    assert.match(await use(), served);
  }

  async function docker(): Promise<Service> {
    const path = join(cleanup.directory(), 'docker.sock');
    // Its own would outlive a daemon that is killed.
    const below = containerd();
    await below.start();
    const args = [...daemonArguments(cleanup, path), `--containerd=${below.path}`];
    return {
      path,
      start: () => startServer('dockerd', args, 'API listen on'),
      use: () => sayingOf('docker', ['--host', `unix://${path}`, 'version']),
      served: /Server:/,
      // One that is killed leaves a mount behind.
      ends: ['SIGTERM', 'SIGTERM'],
    };
  }

  function containerd(): Service {
    const directory = cleanup.directory();
    const path = join(directory, 'containerd.sock');
    const args = [
      ...['--address', path, '--root', join(directory, 'root'), '--state', join(directory, 'state')],
      ...['--config', '/dev/null'],
    ];
    return {
      path,
      start: () => startServer('containerd', args, 'containerd successfully booted'),
      use: () => sayingOf('ctr', ['--address', path, '--connect-timeout', '2s', 'version']),
      served: /Server:\s+Version/,
      ends: ['SIGKILL', 'SIGTERM'],
    };
  }

  function postgresql(): Service {
    const { uid, gid } = accountOf('postgres');
    const directory = directoryOf(cleanup, uid, gid);
    return {
      path: join(directory, POSTGRESQL_SOCKET),
      start: () => servePostgresql(cleanup, directory),
      use: async () => {
        const args = ['-X', '-t', '-A', '-h', directory, 'postgres', '-c', 'SELECT current_user'];
        return (await runAs('postgres', 'psql', args)).output;
      },
      served: /^postgres$/,
      ends: ['SIGKILL', 'SIGTERM'],
    };
  }

  async function startServer(command: string, args: readonly string[], ready: string): Promise<RealProcess> {
    const server = await startProcess({ command: findTool(command) ?? command, args });
    cleanup.defer(async () => {
      await server.stop();
    });
    await server.waitForOutput(ready);
    return server;
  }
});

async function sayingOf(command: string, args: readonly string[]): Promise<string> {
  const process = await startProcess({ command: findTool(command) ?? command, args });
  await process.exited;
  return process.output;
}

function inodeAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}
