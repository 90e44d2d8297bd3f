import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { useCleanup } from '../support/cleanup.js';
import { freePort, waitFor } from '../support/process.js';
import { parsePrometheusText } from '../support/prometheus-text.js';
import { EchoClient, EchoServer } from '../support/udscope.js';

const COMMAND = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

const { O_RDWR, O_WRONLY, O_NONBLOCK, O_RDONLY } = constants;

describe('an agent whose log nobody takes', () => {
  const cleanup = useCleanup();
  let directory: string;
  let listen: string;
  let metrics: string;

  /** Starts an agent that has very much to say. */
  async function start(stderr: number | 'pipe', encoding = 'json'): Promise<ChildProcess> {
    directory = cleanup.directory();
    listen = join(directory, 'relay', 'echo.sock');
    const upstream = await EchoServer.listen(join(directory, 'up.sock'));
    cleanup.defer(() => upstream.close());
    const port = await freePort();
    metrics = `http://127.0.0.1:${port}/metrics`;
    const file = join(directory, 'udscope.yaml');
    const configuration = {
      receivers: {
        uds: { sockets: [{ name: 'echo', listen, upstream: upstream.path, container: { id: 'c1' } }] },
      },
      exporters: {
        prometheus: { endpoint: `127.0.0.1:${port}` },
        debug: { verbosity: 'detailed', interval: '1ms' },
      },
      service: {
        telemetry: { logs: { encoding } },
        pipelines: { metrics: { receivers: ['uds'], exporters: ['prometheus', 'debug'] } },
      },
    };
    writeFileSync(file, stringify(configuration));
    const agent = spawn(process.execPath, [COMMAND, 'run', '--config', file], {
      stdio: ['ignore', 'ignore', stderr],
    });
    cleanup.defer(() => agent.kill('SIGKILL'));
    return agent;
  }

  async function dropped(reason: string): Promise<number> {
    const page = await (await fetch(metrics)).text();
    const samples = parsePrometheusText(page).get('udscope_log_dropped_lines_total')?.samples ?? [];
    return samples.find(({ labels }) => labels['reason'] === reason)?.value ?? 0;
  }

  /** It relays, is scraped, reloads, and ends as it should. */
  async function assertUnstoppable(agent: ChildProcess, reason: string, lines = 1): Promise<void> {
    const client = await waitFor('it to relay', () => EchoClient.connect(listen));
    cleanup.defer(() => client.destroy());
    await waitFor(`lines to be dropped: ${reason}`, async () => (await dropped(reason)) >= lines);
    await client.roundTrip(100_000);
    agent.kill('SIGHUP');
    await client.roundTrip(100_000);
    await client.close();
    assert.equal(agent.exitCode ?? agent.signalCode, null);
    agent.kill('SIGTERM');
    const [code] = await once(agent, 'exit');
    assert.equal(code, 0);
  }

  /** Both ends of a pipe, which two processes may have otherwise than by inheriting them. */
  function pipe(): { reader: number; writer: number } {
    const path = join(cleanup.directory(), 'fifo');
    execFileSync('mkfifo', [path]);
    const opener = openSync(path, O_RDWR);
    const writer = openSync(path, O_WRONLY);
    const reader = openSync(path, O_RDONLY | O_NONBLOCK);
    closeSync(opener);
    return { reader, writer };
  }

  for (const encoding of ['json', 'console']) {
    it(`goes on when the disk is full (${encoding})`, async () => {
      const full = openSync('/dev/full', 'w');
      cleanup.defer(() => closeSync(full));
      await assertUnstoppable(await start(full, encoding), 'ENOSPC');
    });

    it(`goes on when its log is a pipe that nobody reads (${encoding})`, async () => {
      const { reader, writer } = pipe();
      cleanup.defer(() => closeSync(reader));
      const agent = await start(writer, encoding);
      closeSync(writer);
      await assertUnstoppable(agent, 'backlog');
    });
  }

  it('goes on when whoever reads its log has gone', async () => {
    const { reader, writer } = pipe();
    const agent = await start(writer);
    closeSync(writer);
    closeSync(reader);
    await assertUnstoppable(agent, 'EPIPE');
  });

  it('goes on when its log is a socket that nobody reads', async () => {
    const agent = await start('pipe');
    agent.stderr?.pause();
    await assertUnstoppable(agent, 'backlog');
  });

  it('goes on without a standard error', async () => {
    const agent = await start('pipe');
    agent.kill('SIGKILL');
    const closed = spawn('sh', ['-c', 'exec "$0" "$@" 2>&-', process.execPath, ...agent.spawnargs.slice(1)], {
      stdio: 'ignore',
    });
    cleanup.defer(() => closed.kill('SIGKILL'));
    const client = await waitFor('it to relay', () => EchoClient.connect(listen));
    await client.roundTrip(1000);
    await client.close();
    closed.kill('SIGTERM');
    assert.equal((await once(closed, 'exit'))[0], 0);
  });

  it('says how many lines were dropped, once its log is read again', async () => {
    const { reader, writer } = pipe();
    cleanup.defer(() => closeSync(reader));
    const agent = await start(writer);
    closeSync(writer);
    await waitFor('lines to be dropped', async () => (await dropped('backlog')) > 100);
    let text = '';
    const bytes = Buffer.alloc(65_536);
    const read = () => {
      try {
        text += bytes.toString('utf8', 0, readSync(reader, bytes));
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN');
      }
    };
    const note = /lines of this log were dropped, since the start \d+ \(backlog\)/;
    await waitFor('it to say so', () => read() ?? note.test(text.slice(-500_000)), { intervalMs: 1 });
    // Every line is whole.
    const lines = text.slice(0, text.lastIndexOf('\n')).split('\n');
    for (const line of lines) assert.ok(JSON.parse(line), line);
    assert.match(lines[0], /relaying|ready|metrics|echo/);
    agent.kill('SIGKILL');
  });
});
