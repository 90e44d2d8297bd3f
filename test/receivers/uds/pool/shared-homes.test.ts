import assert from 'node:assert/strict';
import { OPENED, SEND_BYTES } from '../../../../src/receivers/uds/counters.js';
import { FakeProcesses, HOST_CGROUP } from '../../../support/attribution/fake-processes.js';
import { useCleanup } from '../../../support/cleanup.js';
import { countDescriptors } from '../../../support/descriptors.js';
import { eventually } from '../../../support/eventually.js';
import { RawStream } from '../../../support/raw-stream.js';
import { RelayFixture } from '../../../support/relay-fixture.js';

const THREADS = 3;

describe('a listener that several containers share', () => {
  const cleanup = useCleanup();
  let host: FakeProcesses;

  beforeEach(() => {
    host = new FakeProcesses(cleanup);
    host.put(HOST_CGROUP);
  });

  function start(settings: { threads?: number; maxConnections?: number } = {}): Promise<RelayFixture> {
    return RelayFixture.start(cleanup, {
      ...{ threads: THREADS, procRoot: host.files.proc, listener: { isShared: true } },
      ...settings,
    });
  }

  /** A container connects so many times, and has a byte arrive each time. */
  async function talk(relay: RelayFixture, container: number, count: number): Promise<RawStream[]> {
    host.moveTo(container);
    const clients: RawStream[] = [];
    for (let i = 0; i < count; i++) {
      const client = await RawStream.connectInTime(relay.path, cleanup);
      const server = await relay.upstream.accept(cleanup);
      client.send(Buffer.from('!'));
      await server.receiveExactly(1);
      clients.push(client);
    }
    return clients;
  }

  /** What each flow has opened: a client has one on each thread that has connections of it. */
  function opened(relay: RelayFixture): number[] {
    return relay.rows().map((row) => row[OPENED]);
  }

  it('has all connections of a container on one thread, whichever accepts them', async () => {
    const relay = await start();
    await talk(relay, 1, 60);
    assert.deepEqual(opened(relay), [60]);
    await talk(relay, 2, 30);
    assert.deepEqual(opened(relay), [60, 30]);
    assert.deepEqual(
      relay.rows().map((row) => row[SEND_BYTES]),
      [60, 30],
    );
    assert.deepEqual(relay.totals().errors, {});
  });

  it('lets a container be at home elsewhere once it had left', async () => {
    const relay = await start();
    for (let i = 1; i <= 40; i++) {
      const [client] = await talk(relay, 1, 1);
      client.close();
      await eventually('it has left', () => relay.totals().closed === i);
    }
    await talk(relay, 1, 20);
    assert.equal(relay.totals().opened, 60);
  });

  it('is left to other threads where one is full, and refuses nobody until all are', async () => {
    const relay = await start({ maxConnections: 4 });
    await talk(relay, 1, THREADS * 4);
    assert.equal(relay.totals().opened, THREADS * 4);
    await eventually('it is reported', () => relay.acceptingReports.length === 1);
    assert.deepEqual(relay.acceptingReports, ['max_connections']);
  });

  it('ends with the last connection of all threads, and loses none that is passed on meanwhile', async () => {
    const relay = await start();
    for (let round = 0; round < 20; round++) {
      host.moveTo(1 + (round % 2));
      const clients = Array.from({ length: 12 }, () => RawStream.connect(relay.path, cleanup));
      for (const client of clients) client.send(Buffer.from('!'));
      const former = relay.listener;
      await former.unlisten();
      relay.listener = relay.listen(undefined, { isShared: true });
      for (let i = 0; i < clients.length; i++) {
        const server = await relay.upstream.accept(cleanup);
        await server.receiveExactly(1);
        server.close();
      }
      for (const client of clients) {
        assert.equal((await client.receiveAll()).end, 'EOF');
        client.close();
      }
      await former.ended;
    }
  });

  it('leaves no descriptor open', async () => {
    const before = countDescriptors();
    const relay = await start();
    await talk(relay, 1, 10);
    await talk(relay, 2, 10);
    await cleanup.run();
    await eventually('all are closed', () => countDescriptors() <= before, countDescriptors);
    assert.equal(countDescriptors(), before);
  });
});
