import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { OPENED } from '../../../../src/receivers/uds/counters.js';
import { RelayPool } from '../../../../src/receivers/uds/pool/relay-pool.js';
import { Child } from '../../../support/child.js';
import { useCleanup } from '../../../support/cleanup.js';
import { countDescriptors } from '../../../support/descriptors.js';
import { eventually } from '../../../support/eventually.js';
import { listenerEvents, poolEvents } from '../../../support/pool-events.js';
import { RawListener, RawStream } from '../../../support/raw-stream.js';
import { RelayFixture } from '../../../support/relay-fixture.js';

const CHUNK = Buffer.alloc(65_536, 'z');

/** Every process may take that one. */
const LEAST_URGENT = 19;

/** Of the threads of this process, as /proc/PID/stat has them behind the name. */
function nicenesses(): number[] {
  return readdirSync('/proc/self/task').map((thread) => {
    const [, fields] = readFileSync(`/proc/self/task/${thread}/stat`, 'latin1').split(') ');
    return Number(fields.split(' ')[16]);
  });
}

describe('RelayPool', () => {
  const cleanup = useCleanup();

  /** Whether a promise is settled by now. */
  async function isSettled(promise: Promise<unknown>): Promise<boolean> {
    const pending = Symbol();
    await nextTurn();
    return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
  }

  it('gives its threads a nice value of their own', async () => {
    const before = nicenesses();
    await RelayFixture.start(cleanup, { threads: 2, nice: LEAST_URGENT });
    const urgent = nicenesses().filter((nice) => nice === LEAST_URGENT);
    assert.deepEqual([before.filter((nice) => nice === LEAST_URGENT).length, urgent.length], [0, 2]);
  });

  it('spreads connections over its threads, and its totals are exact', async () => {
    const relay = await RelayFixture.start(cleanup, { threads: 4 });
    for (let i = 0; i < 200; i++) {
      const { client, server } = await relay.connect();
      client.send(Buffer.alloc(10));
      await server.receiveExactly(10);
    }
    const opened = relay.rows().map((row) => row[OPENED]);
    assert.ok(
      opened.every((count) => count >= 20),
      `connections of each thread: ${opened}`,
    );
    const totals = relay.totals();
    assert.deepEqual([totals.opened, totals.sendBytes, totals.sendOps], [200, 2000, 200]);
  });

  it('leaves open connections alone when it stops listening, and ends when they do', async () => {
    const relay = await RelayFixture.start(cleanup, { threads: 2 });
    const { client, server } = await relay.connect();
    await relay.listener.unlisten();
    const waiting = RawStream.connect(relay.path, cleanup);
    const ended = relay.listener.ended;
    client.send(Buffer.from('still'));
    assert.equal((await server.receiveExactly(5)).toString(), 'still');
    assert.equal(await isSettled(ended), false);
    assert.equal(relay.totals().opened, 1, 'nobody is accepted any more');
    client.close();
    await ended;
    const { sendBytes, opened, closed } = relay.totals();
    assert.deepEqual({ sendBytes, opened, closed }, { sendBytes: 5, opened: 1, closed: 1 });
    assert.equal(waiting.receive(), 'EAGAIN', 'who waits in the backlog goes on waiting');
  });

  it('starts at zero in the row of a flow that has ended', async () => {
    const relay = await RelayFixture.start(cleanup, { rows: 2 });
    const { client, server } = await relay.connect();
    client.send(CHUNK);
    await server.receiveExactly(CHUNK.length);
    client.close();
    await relay.listener.unlisten();
    await relay.listener.ended;
    assert.equal(relay.totals().opened, 1);
    relay.listener = relay.listen();
    assert.deepEqual(Object.values(relay.totals()).slice(0, 6), [0, 0, 0, 0, 0, 0]);
    const next = await relay.connect();
    next.client.send(Buffer.from('x'));
    await next.server.receiveExactly(1);
    assert.deepEqual([relay.totals().opened, relay.totals().sendBytes], [1, 1]);
  });

  it('cuts the connections of one listener, counted as shutdown, and of no other', async () => {
    const relay = await RelayFixture.start(cleanup, { threads: 2 });
    const other = relay.addListener();
    const cut = [];
    for (let i = 0; i < 10; i++) cut.push(await relay.connect());
    const spared = await RawStream.connectInTime(other.path, cleanup);
    const server = await relay.upstream.accept(cleanup);
    await relay.listener.unlisten();
    relay.listener.cut();
    await relay.listener.ended;
    for (const ends of cut) {
      assert.equal((await ends.client.receiveAll()).end, 'EOF');
      assert.equal((await ends.server.receiveAll()).end, 'EOF');
    }
    assert.deepEqual(relay.totals().errors, { shutdown: 10 });
    spared.send(Buffer.from('x'));
    await server.receiveExactly(1);
    assert.deepEqual(relay.totals(other.listener).errors, {});
  });

  it('cuts a connection that waits for the backlog of its upstream', async () => {
    const relay = await RelayFixture.start(cleanup, { upstreamBacklog: 0 });
    RawStream.connect(relay.upstreamPath, cleanup);
    const client = RawStream.connect(relay.path, cleanup);
    await eventually('the relay has accepted', () => relay.totals().opened === 1);
    await relay.listener.unlisten();
    relay.listener.cut();
    await relay.listener.ended;
    assert.equal((await client.receiveAll()).end, 'EOF');
    // Its slot and descriptors are free for the next one, who must not be taken for it.
    relay.listener = relay.listen();
    (await relay.upstream.accept(cleanup)).close();
    const next = await relay.connect();
    next.client.send(Buffer.from('next'));
    assert.equal((await next.server.receiveExactly(4)).toString(), 'next');
    assert.equal(relay.upstream.tryAccept(cleanup), undefined);
  });

  it('connects a client that waits for the backlog although the listener is gone', async () => {
    const relay = await RelayFixture.start(cleanup, { upstreamBacklog: 0 });
    RawStream.connect(relay.upstreamPath, cleanup);
    const client = RawStream.connect(relay.path, cleanup);
    await eventually('the relay has accepted', () => relay.totals().opened === 1);
    await relay.listener.unlisten();
    client.send(Buffer.from('patience'));
    await relay.upstream.accept(cleanup);
    const server = await relay.upstream.accept(cleanup);
    assert.equal((await server.receiveExactly(8)).toString(), 'patience');
    client.close();
    await relay.listener.ended;
  });

  it('stops listening during a pause, and listens again under new settings', async () => {
    const relay = await RelayFixture.start(cleanup, { maxConnections: 1 });
    const { client, server } = await relay.connect();
    await eventually('accepting pauses', () => relay.acceptingReports.length === 1);
    const waiting = RawStream.connect(relay.path, cleanup);
    await relay.listener.unlisten();
    client.close();
    await relay.listener.ended;
    assert.equal((await server.receiveAll()).end, 'EOF');
    relay.listener = relay.listen();
    const next = await relay.upstream.accept(cleanup);
    next.send(Buffer.from('at last'));
    assert.equal((await waiting.receiveExactly(7)).toString(), 'at last');
  });

  it('leaves once its last connection has ended', async () => {
    const relay = await RelayFixture.start(cleanup, { threads: 2 });
    const { client, server } = await relay.connect();
    await relay.listener.unlisten();
    const left = relay.pool.leave();
    assert.equal(await isSettled(left), false);
    client.send(Buffer.from('bye'));
    client.close();
    assert.equal((await server.receiveAll()).bytes.toString(), 'bye');
    await left;
  });

  it('closes everything at once on exit, however busy it is', async () => {
    const descriptors = countDescriptors();
    const relay = await RelayFixture.start(cleanup, { threads: 2, bufferBytes: 256 * 1024 });
    const pairs = [];
    for (let i = 0; i < 10; i++) pairs.push(await relay.connect());
    let over = false;
    const exited = relay.pool.exit().then(() => {
      over = true;
    });
    while (!over) {
      for (const { client, server } of pairs) {
        client.send(CHUNK);
        server.send(CHUNK);
        server.skip();
        client.skip();
      }
      await nextTurn();
    }
    await exited;
    for (const { client, server } of pairs) {
      assert.notEqual((await client.receiveAll()).end, undefined);
      await server.receiveAll();
    }
    const { opened, closed, errors } = relay.totals();
    assert.deepEqual({ opened, closed, errors }, { opened: 10, closed: 10, errors: { shutdown: 10 } });
    await cleanup.run();
    await eventually('all descriptors are closed', () => countDescriptors() <= descriptors);
  });

  it('says that threads have died, and keeps nobody waiting for them', async () => {
    const deaths: unknown[] = [];
    const pool = await RelayPool.start(
      { threads: 2, rows: 2, maxConnections: 16, bufferBytes: 4096 },
      poolEvents({ died: (error) => deaths.push(error) }),
    );
    const path = `${cleanup.directory()}/relay`;
    const socket = RawListener.listen(path, cleanup);
    const settings = { upstream: 'x'.repeat(200), connectTimeoutMs: 0, idleTimeoutMs: 0, isShared: false };
    const listener = pool.listen(socket.fd, settings, listenerEvents());
    await listener.unlisten();
    await listener.ended;
    assert.equal(deaths.length, 2);
    for (const death of deaths) assert.match(String(death), /RangeError: .* is 200 bytes long/);
    await pool.exit();
  });

  it('leaves no memory behind when it is gone', async () => {
    const bufferBytes = 2 ** 24;
    const use = async () => {
      const relay = await RelayFixture.start(cleanup, { bufferBytes });
      const { client, server } = await relay.connect();
      client.send(Buffer.alloc(2 ** 17));
      await server.receiveExactly(2 ** 17);
      // Every page of the one buffer has been in use then.
      for (let i = 0; i < 150; i++) {
        client.fill(CHUNK);
        while (server.skip() > 0);
      }
      await cleanup.run();
    };
    await use();
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 5; i++) await use();
    const grown = process.memoryUsage.rss() - before;
    assert.ok(grown < bufferBytes, `${grown} bytes more`);
  });

  it('leaves no thread behind when it cannot start all of them', async () => {
    const child = Child.start(cleanup, 'starved-pool', [16], 'ulimit -n 64');
    const { code, deaths } = await child.hear<{ code: string; deaths: number }>();
    // The last descriptor may be wanting to us, or to Node before that.
    assert.ok(['EMFILE', 'ERR_WORKER_INIT_FAILED'].includes(code), code);
    assert.equal(deaths, 0);
    assert.equal(await child.exited(), 0);
  });

  it('does not start without memory for its buffers', async () => {
    const start = RelayFixture.start(cleanup, { threads: 2, bufferBytes: 2 ** 46 });
    await assert.rejects(start, /mmap: ENOMEM/);
  });

  it('does not keep its process from ending, however busy it is', async () => {
    const directory = cleanup.directory();
    const upstream = RawListener.listen(`${directory}/upstream`, cleanup);
    const child = Child.start(cleanup, 'relay-process', [`${directory}/relay`, upstream.path, 2]);
    assert.equal(await child.hear(), 'listening');
    const client = RawStream.connect(`${directory}/relay`, cleanup);
    const server = await upstream.accept(cleanup);
    await eventually('much has passed', () => {
      client.send(CHUNK);
      server.skip();
      return server.received > 2 ** 22;
    });
    child.say('exit');
    let code: unknown;
    void child.exited().then((exit) => {
      code = exit;
    });
    await eventually('the process has ended', () => {
      if (client.send(CHUNK) === 'EAGAIN') server.skip();
      return code !== undefined;
    });
    assert.equal(code, 0);
  });
});
