import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM } from '../../src/linux/constants.js';
import { check } from '../../src/linux/errno.js';
import * as libc from '../../src/linux/libc.js';
import { NativeMemory } from '../../src/linux/memory.js';
import { MessageHeader } from '../../src/linux/message-header.js';
import { unixAddress } from '../../src/linux/sockaddr.js';
import { bind, close, receive } from '../../src/linux/socket.js';
import { useCleanup } from '../support/cleanup.js';
import { type RealProcess, waitFor } from '../support/process.js';
import { EchoClient, EchoServer, startCommand } from '../support/udscope.js';

const METRICS_URL = /http:\/\/[^\s/]+\/metrics/;

/** What systemd needs to match a reload to its end. */
const RELOADING = /^RELOADING=1\nSTATUS=loading the configuration\nMONOTONIC_USEC=\d+$/;

describe('the running agent', () => {
  const cleanup = useCleanup();
  let directory: string;
  let upstream: EchoServer;
  let file: string;
  let listen: string;

  beforeEach(async () => {
    directory = cleanup.directory();
    file = join(directory, 'udscope.yaml');
    listen = join(directory, 'relay', 'echo.sock');
    upstream = await EchoServer.listen(join(directory, 'up.sock'));
    cleanup.defer(() => upstream.close());
  });

  function configure(socket: object = {}, receiver: object = {}): void {
    const sockets = [{ name: 'echo', listen, upstream: upstream.path, container: { id: 'c1' }, ...socket }];
    const configuration = {
      receivers: { uds: { sockets, ...receiver } },
      exporters: { prometheus: { endpoint: 'localhost:0' } },
      service: { pipelines: { metrics: { receivers: ['uds'], exporters: ['prometheus'] } } },
    };
    writeFileSync(file, stringify(configuration));
  }

  async function start(env: Record<string, string> = {}): Promise<RealProcess> {
    const agent = await startCommand({ args: ['run', '--config', file], env });
    cleanup.defer(() => agent.kill());
    await agent.waitForOutput('udscope is ready');
    return agent;
  }

  async function connectClient(path = listen): Promise<EchoClient> {
    const client = await EchoClient.connect(path);
    cleanup.defer(() => client.destroy());
    return client;
  }

  /** The one series of a metric, its labels stripped. */
  async function metric(agent: RealProcess, name: string, labels = ''): Promise<number | undefined> {
    const url = METRICS_URL.exec(agent.output)?.[0] ?? assert.fail(agent.describe());
    const text = await (await fetch(url)).text();
    const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes(labels));
    assert.ok(lines.length <= 1, `${name} has ${lines.length} series`);
    return lines[0] === undefined ? undefined : Number(lines[0].slice(lines[0].lastIndexOf(' ')));
  }

  it('counts to the byte what a client has seen come back', async () => {
    configure();
    const agent = await start();
    const client = await connectClient();
    let total = 0;
    for (const bytes of [1, 100, 65_537, 300_000]) {
      await client.roundTrip(bytes);
      total += bytes;
      assert.equal(await metric(agent, 'uds_send_bytes_total', 'container_id="c1"'), total);
      assert.equal(await metric(agent, 'uds_recv_bytes_total', 'uds_socket_name="echo"'), total);
    }
    assert.equal(await metric(agent, 'uds_connections_active'), 1);
    await client.close();
    await waitFor(
      'the connection to be gone',
      async () => (await metric(agent, 'uds_connections_active')) === 0,
    );
    assert.equal(await metric(agent, 'uds_send_bytes_total'), total);
  });

  it('ends with 0 on SIGTERM and leaves no socket behind', async () => {
    configure();
    const agent = await start();
    assert.ok(existsSync(listen));
    assert.equal((await agent.stop()).code, 0);
    assert.ok(!existsSync(listen));
  });

  it('lets an open connection finish after SIGTERM, and takes no new one', async () => {
    configure();
    const agent = await start();
    const client = await connectClient();
    await client.roundTrip(10);
    agent.signal('SIGTERM');
    await waitFor('the socket to be gone', () => !existsSync(listen));
    await client.roundTrip(100_000);
    await client.close();
    assert.equal((await agent.exited).code, 0);
  });

  it('ends at once on a second signal', async () => {
    configure();
    const agent = await start();
    const client = await connectClient();
    await client.roundTrip(10);
    agent.signal('SIGINT');
    await agent.waitForOutput('SIGINT: stopping');
    agent.signal('SIGINT');
    assert.equal((await agent.exited).code, 130);
  });

  it('replaces the socket that a killed agent left', async () => {
    configure();
    const first = await start();
    await first.kill();
    assert.ok(existsSync(listen));
    await start();
    const client = await connectClient();
    await client.roundTrip(10);
  });

  it('applies a changed file on SIGHUP and keeps open connections', async () => {
    configure();
    const agent = await start();
    const old = await connectClient();
    await old.roundTrip(10);
    const second = await EchoServer.listen(join(directory, 'up2.sock'));
    cleanup.defer(() => second.close());
    configure({ upstream: second.path }, { buffer_size: '64KiB' });
    agent.signal('SIGHUP');
    await agent.waitForOutput('configuration reloaded');
    await (await connectClient()).roundTrip(7);
    assert.equal(second.bytes, 7);
    await old.roundTrip(20);
    assert.equal(upstream.bytes, 30);
    assert.equal(await metric(agent, 'uds_send_bytes_total', 'up2.sock'), 7);
    assert.equal(await metric(agent, 'uds_send_bytes_total', 'up.sock'), 30);
  });

  it('adds and removes sockets on SIGHUP', async () => {
    configure();
    const agent = await start();
    const old = await connectClient();
    await old.roundTrip(10);
    const moved = join(directory, 'moved.sock');
    configure({ listen: moved });
    agent.signal('SIGHUP');
    await agent.waitForOutput('configuration reloaded');
    assert.ok(!existsSync(listen));
    await (await connectClient(moved)).roundTrip(5);
    await old.roundTrip(1);
    assert.equal(upstream.bytes, 16);
  });

  for (const [what, change] of [
    ['is wrong', () => writeFileSync(file, 'receivers: { uds: { threds: 1 } }')],
    ['names a path in use', () => configure({ listen: upstream.path, upstream: '/run/else.sock' })],
  ] as const) {
    it(`changes nothing on SIGHUP when the new file ${what}`, async () => {
      configure();
      const agent = await start();
      const client = await connectClient();
      await client.roundTrip(10);
      change();
      agent.signal('SIGHUP');
      await agent.waitForOutput('configuration not reloaded, nothing has changed');
      await client.roundTrip(10);
      await (await connectClient()).roundTrip(10);
      assert.equal(await metric(agent, 'uds_send_bytes_total'), 30);
    });
  }

  it('relays on while an exporter fails', async () => {
    configure();
    const text = readFileSync(file, 'utf8').replace(
      'exporters:\n',
      'exporters:\n  otlphttp: { endpoint: unix:///nowhere.sock, interval: 50ms }\n',
    );
    writeFileSync(file, text.replace('- prometheus', '- prometheus\n        - otlphttp'));
    const agent = await start();
    const client = await connectClient();
    await waitFor('an export to fail', async () => {
      await client.roundTrip(1000);
      return ((await metric(agent, 'udscope_export_failures_total')) ?? 0) > 0;
    });
    assert.equal(await metric(agent, 'uds_send_bytes_total'), upstream.bytes);
  });

  it('tells the service manager that it is ready', async () => {
    const notifySocket = join(directory, 'notify.sock');
    const fd = check('socket', libc.result(libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
    cleanup.defer(() => close(fd));
    check('bind', bind(fd, unixAddress(notifySocket)));
    configure();
    const agent = await start({ NOTIFY_SOCKET: notifySocket });
    const memory = new NativeMemory(4096);
    const header = new MessageHeader();
    header.setBuffer(memory.address, memory.byteLength);
    const said = () => Buffer.from(memory.buffer, 0, check('recvmsg', receive(fd, header))).toString();
    const stored = [said(), said()].sort();
    assert.deepEqual(stored, [
      'FDSTORE=1\nFDNAME=http=localhost/0/prometheus\nFDPOLL=0',
      `FDSTORE=1\nFDNAME=unix=${listen}\nFDPOLL=0`,
    ]);
    assert.equal(said(), 'READY=1\nSTATUS=relaying');
    agent.signal('SIGHUP');
    await agent.waitForOutput('configuration reloaded');
    assert.match(said(), RELOADING);
    assert.equal(said(), 'READY=1\nSTATUS=relaying');
    writeFileSync(file, 'receivers: 7\n');
    agent.signal('SIGHUP');
    await agent.waitForOutput('configuration not reloaded');
    assert.match(said(), RELOADING);
    assert.match(said(), /^READY=1\nSTATUS=relaying as before: the configuration could not be reloaded/);
    await agent.stop();
    assert.equal(said(), 'STOPPING=1\nSTATUS=draining');
    assert.equal(said(), `FDSTOREREMOVE=1\nFDNAME=unix=${listen}`);
  });

  it('relays one socket without a file', async () => {
    const args = [
      'relay',
      '--no-control',
      listen,
      upstream.path,
      '--name',
      'one',
      '--container-id',
      'abc',
      '--prometheus',
      'localhost:0',
    ];
    const agent = await startCommand({ args });
    cleanup.defer(() => agent.kill());
    await agent.waitForOutput('udscope is ready');
    await (await connectClient()).roundTrip(321);
    assert.equal(await metric(agent, 'uds_send_bytes_total', 'container_id="abc"'), 321);
    assert.equal(await metric(agent, 'uds_send_ops_total', 'uds_socket_name="one"'), 1);
  });
});
