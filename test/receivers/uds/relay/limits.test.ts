import assert from 'node:assert/strict';
import { Child } from '../../../support/child.js';
import { useCleanup } from '../../../support/cleanup.js';
import { eventually } from '../../../support/eventually.js';
import { RawListener, RawStream } from '../../../support/raw-stream.js';
import { RelayFixture } from '../../../support/relay-fixture.js';

describe('the limit of connections', () => {
  const cleanup = useCleanup();

  it('lets the next client wait in the backlog until one closes', async () => {
    const relay = await RelayFixture.start(cleanup, { maxConnections: 2 });
    const first = await relay.connect();
    await relay.connect();
    const waiting = RawStream.connect(relay.path, cleanup);
    waiting.send(Buffer.from('me too'));
    await eventually('the pause is reported', () => relay.acceptingReports.length > 0);
    assert.equal(relay.totals().opened, 2);
    first.client.close();
    const server = await relay.upstream.accept(cleanup);
    assert.equal((await server.receiveExactly(6)).toString(), 'me too');
    assert.deepEqual(relay.totals().errors, {});
  });

  it('is reported once, however many connections come and go at it', async () => {
    const relay = await RelayFixture.start(cleanup, { maxConnections: 1 });
    const clients = Array.from({ length: 100 }, () => RawStream.connect(relay.path, cleanup));
    for (const client of clients) {
      const server = await relay.upstream.accept(cleanup);
      server.send(Buffer.from('x'));
      await client.receiveExactly(1);
      client.close();
      server.close();
    }
    await relay.settled();
    await eventually('the end of the pause is reported', () => relay.acceptingReports.length > 1);
    assert.deepEqual(relay.acceptingReports, ['max_connections', undefined]);
  });

  it('of one thread is no limit while another has room', async () => {
    const threads = 4;
    for (let round = 0; round < 4; round++) {
      const relay = await RelayFixture.start(cleanup, { threads, maxConnections: 4 });
      // One after the other: a thread that cannot take a connection must not be the only one to hear of it.
      for (let i = 0; i < threads * 4; i++) await relay.connect();
      await eventually('it is reported when all are full', () => relay.acceptingReports.length === 1);
      assert.equal(relay.totals().opened, threads * 4);
      assert.deepEqual(relay.acceptingReports, ['max_connections']);
      await cleanup.run();
    }
  });

  it('holds for several listeners whose clients come at once', async () => {
    const relay = await RelayFixture.start(cleanup, { maxConnections: 3 });
    const other = relay.addListener();
    const clients = Array.from({ length: 20 }, (_, i) =>
      RawStream.connect(i % 2 === 0 ? relay.path : other.path, cleanup),
    );
    for (const client of clients) client.send(Buffer.from('x'));
    for (let served = 0; served < clients.length; served++) {
      const server = await relay.upstream.accept(cleanup);
      const { opened, closed } = relay.totals();
      const others = relay.totals(other.listener);
      assert.ok(opened + others.opened - closed - others.closed <= 3);
      await server.receiveExactly(1);
      server.close();
    }
    for (const client of clients) assert.equal((await client.receiveAll()).end, 'EOF');
  });
});

describe('a shortage of descriptors', () => {
  const cleanup = useCleanup();
  const CLIENTS = 60;

  it('makes clients wait, is reported once, costs nobody a byte, and passes by itself', async () => {
    const directory = cleanup.directory();
    const [path, upstreamPath] = [`${directory}/relay`, `${directory}/upstream`];
    const upstream = RawListener.listen(upstreamPath, cleanup);
    const child = Child.start(cleanup, 'relay-process', [path, upstreamPath, 1], 'ulimit -n 80');
    assert.equal(await child.hear(), 'listening');
    const clients = Array.from({ length: CLIENTS }, (_, i) => {
      const client = RawStream.connect(path, cleanup);
      client.send(Buffer.of(i, i));
      return client;
    });
    assert.deepEqual(await child.hear(), { accepting: 'EMFILE' });
    const served = new Set<number>();
    while (served.size < CLIENTS) {
      const server = await upstream.accept(cleanup);
      const [id] = await server.receiveExactly(2);
      served.add(id);
      server.send(Buffer.of(id));
      assert.deepEqual([...(await clients[id].receiveExactly(1))], [id]);
      server.close();
      assert.equal((await clients[id].receiveAll()).end, 'EOF');
      clients[id].close();
    }
    assert.deepEqual(await child.hear(), { accepting: null });
    child.say('totals');
    assert.deepEqual(await child.hear(), { opened: CLIENTS, closed: CLIENTS, errors: {} });
  });
});

describe('connections that take all the descriptors they can', () => {
  const cleanup = useCleanup();
  /** Three threads that load their modules at once have more than 128 files open. */
  const LIMIT = 256;
  const RESERVE = 32;

  for (const threads of [1, 3]) {
    it(`leave some for everything else, with ${threads} threads`, async () => {
      const directory = cleanup.directory();
      const [path, upstreamPath] = [`${directory}/relay`, `${directory}/upstream`];
      RawListener.listen(upstreamPath, cleanup);
      const child = Child.start(
        cleanup,
        'relay-process',
        [path, upstreamPath, threads],
        `ulimit -n ${LIMIT}`,
      );
      assert.equal(await child.hear(), 'listening');
      for (let i = 0; i < LIMIT; i++) await RawStream.connectInTime(path, cleanup);
      assert.deepEqual(await child.hear(), { accepting: 'EMFILE' });
      child.say('descriptors');
      const open = await child.hear<number>();
      // Threads look, and then take: each may have one connection more.
      assert.ok(open <= LIMIT - RESERVE + 2 * threads, `${open} are open`);
    });
  }
});

describe('an idle timeout', () => {
  const cleanup = useCleanup();

  it('closes a connection on which nothing moves, counted as idle_timeout', async () => {
    const relay = await RelayFixture.start(cleanup, { listener: { idleTimeoutMs: 40 } });
    const { client, server } = await relay.connect();
    assert.equal((await client.receiveAll()).end, 'EOF');
    assert.equal((await server.receiveAll()).end, 'EOF');
    assert.deepEqual((await relay.settled()).errors, { idle_timeout: 1 });
  });

  it('leaves a connection alone on which something moves, in either direction', async () => {
    const relay = await RelayFixture.start(cleanup, { listener: { idleTimeoutMs: 1000 } });
    const talking = await relay.connect();
    const listening = await relay.connect();
    const silent = await relay.connect();
    await eventually('the silent one is closed', () => {
      talking.client.send(Buffer.from('x'));
      listening.server.send(Buffer.from('y'));
      return silent.client.receive() === 'EOF';
    });
    assert.deepEqual(
      [talking.server.receive() instanceof Buffer, listening.client.receive() instanceof Buffer],
      [true, true],
    );
    assert.equal(relay.totals().closed, 1);
  });

  it('of one listener is none for another', async () => {
    const relay = await RelayFixture.start(cleanup);
    const { client, server } = await relay.connect();
    const hasty = relay.addListener({ idleTimeoutMs: 20 });
    const other = await RawStream.connectInTime(hasty.path, cleanup);
    assert.equal((await other.receiveAll()).end, 'EOF');
    assert.deepEqual(relay.totals(hasty.listener).errors, { idle_timeout: 1 });
    client.send(Buffer.from('still here'));
    assert.equal((await server.receiveExactly(10)).toString(), 'still here');
  });
});
