import assert from 'node:assert/strict';
import { OPENED } from '../../../../src/receivers/uds/counters.js';
import type { PoolListener } from '../../../../src/receivers/uds/pool/pool-listener.js';
import { useCleanup } from '../../../support/cleanup.js';
import { eventually } from '../../../support/eventually.js';
import { waitFor } from '../../../support/process.js';
import { RawStream } from '../../../support/raw-stream.js';
import { RelayFixture } from '../../../support/relay-fixture.js';

const THREADS = 3;

describe('a listener of a single container', () => {
  const cleanup = useCleanup();

  /** Connects `count` times, and has a byte arrive each time. */
  async function talk(relay: RelayFixture, path: string, count: number): Promise<RawStream[]> {
    const clients: RawStream[] = [];
    for (let i = 0; i < count; i++) {
      const client = await RawStream.connectInTime(path, cleanup);
      const server = await relay.upstream.accept(cleanup);
      client.send(Buffer.from('!'));
      await server.receiveExactly(1);
      clients.push(client);
    }
    return clients;
  }

  /** What each flow has opened, and so each thread: there is one client and one server. */
  function openedOf(relay: RelayFixture, listener: PoolListener): number[] {
    return relay.rows(listener).map((row) => row[OPENED]);
  }

  it('has all its connections on one thread', async () => {
    const relay = await RelayFixture.start(cleanup, { threads: THREADS, listener: { container: 'a' } });
    await talk(relay, relay.path, 60);
    assert.deepEqual(openedOf(relay, relay.listener), [60]);
  });

  it('accepts on another thread, and its connections stay where they are', async () => {
    const relay = await RelayFixture.start(cleanup, { threads: THREADS, listener: { container: 'a' } });
    const [early] = await talk(relay, relay.path, 10);
    relay.listener.moveTo(1);
    await waitFor('the other thread to accept', async () => {
      await talk(relay, relay.path, 1);
      return openedOf(relay, relay.listener).length === 2;
    });
    await waitFor('it alone to accept', async () => {
      const [first] = openedOf(relay, relay.listener);
      await talk(relay, relay.path, 20);
      return openedOf(relay, relay.listener)[0] === first;
    });
    const [before] = openedOf(relay, relay.listener);
    await talk(relay, relay.path, 20);
    assert.equal(openedOf(relay, relay.listener)[0], before, 'the former one never does again');
    early.send(Buffer.from('!'));
    await eventually('an early one is relayed', () => relay.totals().sendBytes === relay.totals().opened + 1);
  });

  it('turns nobody away while it moves, and loses no byte', async () => {
    const relay = await RelayFixture.start(cleanup, { threads: THREADS, listener: { container: 'a' } });
    for (let i = 0; i < 200; i++) {
      if (i % 3 === 0) relay.listener.moveTo(Math.floor(i / 3) % THREADS);
      const [client] = await talk(relay, relay.path, 1);
      client.close();
    }
    const { opened, sendBytes, errors } = await relay.settled();
    assert.deepEqual([opened, sendBytes, errors], [200, 200, {}]);
    await relay.listener.unlisten();
    await relay.listener.ended;
  });

  it('stops on all threads while it moves', async () => {
    const relay = await RelayFixture.start(cleanup, { threads: THREADS, listener: { container: 'a' } });
    for (let i = 0; i < 20; i++) {
      relay.listener.moveTo(i % THREADS);
      await relay.listener.unlisten();
      await relay.listener.ended;
      relay.listener = relay.listen(undefined, { container: 'a' });
    }
    const waiting = await talk(relay, relay.path, 3);
    assert.equal(waiting.length, 3);
  });

  it('is left to another thread by one that is full', async () => {
    const relay = await RelayFixture.start(cleanup, {
      threads: 2,
      maxConnections: 4,
      listener: { container: 'a' },
    });
    const clients = await talk(relay, relay.path, 8);
    assert.deepEqual(openedOf(relay, relay.listener), [4, 4]);
    const waiting = RawStream.connect(relay.path, cleanup);
    clients[6].close();
    const server = await relay.upstream.accept(cleanup);
    server.send(Buffer.from('welcome'));
    assert.equal((await waiting.receiveExactly(7)).toString(), 'welcome');
  });
});
