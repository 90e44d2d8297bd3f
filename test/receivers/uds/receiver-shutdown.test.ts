import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { useCleanup } from '../../support/cleanup.js';
import { countDescriptors } from '../../support/descriptors.js';
import { eventually } from '../../support/eventually.js';
import { RawStream } from '../../support/raw-stream.js';
import { passes, ReceiverFixture } from '../../support/receiver-fixture.js';

const NEVER = Number.POSITIVE_INFINITY;

describe('UdsReceiver, when it is shut down', () => {
  const cleanup = useCleanup();

  async function running(threads = 1) {
    const fixture = new ReceiverFixture(cleanup);
    const upstream = fixture.listen('a');
    await fixture.apply([fixture.socket('a')], { threads });
    const client = fixture.connect('a');
    return { fixture, upstream, client, server: await upstream.accept(cleanup) };
  }

  it('has nothing to do before it has started', async () => {
    await new ReceiverFixture(cleanup).receiver.shutdown(0);
  });

  it('stops accepting, and waits for connections to end by themselves', async () => {
    const { fixture, client, server } = await running(2);
    let over = false;
    const stopped = fixture.receiver.shutdown(NEVER).then(() => {
      over = true;
    });
    await eventually('the socket file is gone', () => !readdirSync(fixture.directory).includes('a.relay'));
    assert.ok(await passes(client, server, 'one last question'));
    assert.ok(await passes(server, client, 'one last answer'));
    assert.equal(over, false);
    client.close();
    await stopped;
    assert.deepEqual(fixture.samples('uds.connection.errors'), []);
    assert.equal(fixture.total('uds.send_bytes', 'a'), 17);
  });

  it('cuts what is open at the deadline, counted as shutdown', async () => {
    const { fixture, client, server } = await running(2);
    await fixture.receiver.shutdown(Date.now() + 20);
    assert.equal((await client.receiveAll()).end, 'EOF');
    assert.equal((await server.receiveAll()).end, 'EOF');
    const [{ attributes, value }] = fixture.samples('uds.connection.errors');
    assert.deepEqual([attributes['error.type'], value], ['shutdown', 1]);
    assert.equal(attributes['uds.connection.end'], undefined);
    assert.equal(fixture.total('uds.connections.active', 'a'), 0);
  });

  it('cuts what is open under earlier configurations, too', async () => {
    const { fixture, client } = await running();
    await fixture.apply([fixture.socket('a')], { threads: 2 });
    await fixture.apply([]);
    await fixture.receiver.shutdown(0);
    assert.equal((await client.receiveAll()).end, 'EOF');
    assert.equal(fixture.total('uds.connection.errors', 'a'), 1);
  });

  it('is shut down once, however often it is asked to', async () => {
    const { fixture, client, server } = await running(2);
    const all = Promise.all([1, 2, 3].map(() => fixture.receiver.shutdown(NEVER)));
    await nextTurn();
    const again = fixture.receiver.shutdown(NEVER);
    assert.ok(await passes(client, server, 'not cut'));
    server.close();
    assert.deepEqual(await client.receiveAll(), { bytes: Buffer.alloc(0), end: 'EOF' });
    await Promise.all([all, again]);
    await fixture.receiver.shutdown(0);
    assert.deepEqual(fixture.samples('uds.connection.errors'), []);
  });

  it('leaves no thread and no descriptor behind, and can start again', async () => {
    const fixture = new ReceiverFixture(cleanup);
    const upstream = fixture.listen('a');
    const descriptors = countDescriptors();
    const threads = readdirSync('/proc/self/task').length;
    for (const count of [1, 2]) {
      await fixture.apply([fixture.socket('a')], { threads: count });
      const client = fixture.connect('a');
      const server = await upstream.accept(cleanup);
      assert.ok(await passes(client, server, 'hello'));
      client.close();
      server.close();
      await fixture.receiver.shutdown(NEVER);
      assert.equal(RawStream.tryConnect(fixture.path('a.relay'), cleanup), 'ENOENT');
    }
    await eventually('all descriptors are closed', () => countDescriptors() <= descriptors);
    await eventually('all threads are gone', () => readdirSync('/proc/self/task').length <= threads);
  });
});
