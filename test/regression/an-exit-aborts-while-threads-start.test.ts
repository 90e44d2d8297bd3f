import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { useCleanup } from '../support/cleanup.js';
import { startProcess, waitFor } from '../support/process.js';
import { startCommand } from '../support/udscope.js';

/** After an error, an agent that does not end by itself is ended by a signal after so long, in ms. */
const ALARM_MS = 10_000;

const support = (name: string) => fileURLToPath(new URL(`../support/${name}`, import.meta.url));

/**
 * Node ends threads when the process exits, and one that is in the middle of loading native code aborts it: not every
 * time, so that what is looked at is whether the exit waits.
 */
describe('an exit while threads start', () => {
  const cleanup = useCleanup();

  const env = (directory: string) => ({
    DIRECTORY: directory,
    NODE_OPTIONS: `--import ${support('slow-loading.js')}`,
  });

  /** Threads that have begun to load native code have also come to the end of it. */
  function assertLoaded(directory: string): void {
    const threadsOf = (what: string) =>
      readdirSync(directory)
        .filter((name) => name.startsWith(`${what}-`))
        .map((name) => name.slice(what.length));
    assert.notDeepEqual(threadsOf('loading'), []);
    assert.deepEqual(threadsOf('loaded'), threadsOf('loading'));
  }

  it('waits for them in a program that uses the library', async () => {
    const directory = cleanup.directory();
    const host = await startProcess({
      command: process.execPath,
      args: [support('exiting-host.js')],
      env: env(directory),
    });
    cleanup.defer(() => host.kill());
    assert.deepEqual(await host.exited, { code: 0, signal: null }, host.describe());
    assertLoaded(directory);
  });

  it('waits for them in an agent that is told twice to stop', async () => {
    const directory = cleanup.directory();
    const file = configure(directory, 0);
    const agent = await startCommand({ args: ['run', '--config', file], env: env(directory) });
    cleanup.defer(() => agent.kill());
    const isLoading = () => readdirSync(directory).some((name) => name.startsWith('loading-'));
    await waitFor('threads to load native code', isLoading, { intervalMs: 1, process: agent });
    agent.signal('SIGTERM');
    await agent.waitForOutput('SIGTERM: stopping');
    agent.signal('SIGTERM');
    assert.deepEqual(await agent.exited, { code: 143, signal: null }, agent.describe());
    assertLoaded(directory);
  });

  it('waits for them in an agent that cannot start', async () => {
    const directory = cleanup.directory();
    const busy = createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    cleanup.defer(() => busy.close());
    const address = busy.address();
    assert.ok(address !== null && typeof address === 'object');
    const file = configure(directory, address.port);
    const agent = await startCommand({ args: ['run', '--config', file], env: env(directory) });
    assert.deepEqual(await agent.exited, { code: 1, signal: null }, agent.describe());
    assertLoaded(directory);
  });

  it('does not wait for those that cannot load', async () => {
    const directory = cleanup.directory();
    const file = configure(directory, 0);
    const startMs = performance.now();
    const agent = await startCommand({
      args: ['run', '--config', file],
      env: { NODE_OPTIONS: `--import ${support('failing-loading.js')}` },
    });
    cleanup.defer(() => agent.kill());
    const { code } = await agent.exited;
    assert.equal(code, 1, agent.describe());
    assert.match(agent.output, /no native code today/);
    // The kernel ends an agent that has not stopped ten seconds after its error.
    assert.ok(performance.now() - startMs < ALARM_MS, agent.describe());
  });

  /** The enrich thread starts with the relay threads, and nobody waits for it. */
  function configure(directory: string, port: number): string {
    const pipeline = { receivers: ['uds'], processors: ['capture', 'enrich'], exporters: ['prometheus'] };
    const sockets = [{ name: 'a', listen: join(directory, 'a.sock'), upstream: join(directory, 'up.sock') }];
    const configuration = {
      receivers: { uds: { threads: 1, sockets } },
      processors: { capture: {}, enrich: {} },
      exporters: { prometheus: { endpoint: `127.0.0.1:${port}` } },
      service: { pipelines: { metrics: pipeline } },
    };
    const file = join(directory, 'udscope.yaml');
    writeFileSync(file, stringify(configuration));
    return file;
  }
});
