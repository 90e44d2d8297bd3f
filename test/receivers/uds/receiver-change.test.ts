import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { useCleanup } from '../../support/cleanup.js';
import { eventually } from '../../support/eventually.js';
import { type RawListener, RawStream } from '../../support/raw-stream.js';
import { passes, ReceiverFixture } from '../../support/receiver-fixture.js';

describe('UdsReceiver, when its configuration changes', () => {
  const cleanup = useCleanup();

  /** A receiver with one socket and one connection through it. */
  async function running(more: Record<string, unknown> = {}) {
    const fixture = new ReceiverFixture(cleanup);
    const upstream = fixture.listen('a');
    await fixture.apply([fixture.socket('a')], more);
    const client = fixture.connect('a');
    return { fixture, upstream, client, server: await upstream.accept(cleanup) };
  }

  /**
   * Connects without a pause until `until` resolves, and answers at the upstreams. Returns which of them
   * served the clients, in order.
   */
  async function connectAllTheTime(path: string, upstreams: RawListener[], until: Promise<void>) {
    const served: number[] = [];
    let over = false;
    void until.finally(() => {
      over = true;
    });
    while (!over) {
      const client = RawStream.tryConnect(path, cleanup);
      assert.ok(client instanceof RawStream, `a client was turned away: ${client}`);
      const server = await eventually('somebody serves the client', () => {
        for (const [index, upstream] of upstreams.entries()) {
          const accepted = upstream.tryAccept(cleanup);
          if (accepted !== undefined) served.push(index);
          if (accepted !== undefined) return accepted;
        }
        return undefined;
      });
      assert.ok(await passes(client, server, 'served'));
      client.close();
      server.close();
      await nextTurn();
    }
    return served;
  }

  it('leaves sockets alone that stay the same', async () => {
    const { fixture, upstream, client, server } = await running();
    fixture.log.length = 0;
    await fixture.apply([fixture.socket('a'), fixture.socket('b')]);
    assert.ok(!fixture.log.some((line) => line.includes('a.relay')), fixture.log.join('\n'));
    assert.ok(await passes(client, server, 'before'));
    assert.ok(await passes(fixture.connect('a'), await upstream.accept(cleanup), 'after'));
    assert.equal(fixture.total('uds.send_bytes', 'a'), 11);
  });

  it('turns nobody away while a socket gets another upstream', async () => {
    const { fixture, upstream, client, server } = await running();
    const other = fixture.listen('other');
    const change = async () => {
      for (let i = 0; i < 10; i++) {
        await fixture.apply([fixture.socket('a', { upstream: fixture.path(i % 2 === 0 ? 'other' : 'a') })]);
      }
      await fixture.apply([fixture.socket('a', { upstream: fixture.path('other') })]);
    };
    const served = await connectAllTheTime(fixture.path('a.relay'), [upstream, other], change());
    assert.ok(served.length > 0);
    assert.ok(await passes(client, server, 'still with the first'));
    assert.ok(await passes(fixture.connect('a'), await other.accept(cleanup), 'with the other'));
  });

  it('turns nobody away while all sockets move to other threads, and leaves connections where they are', async () => {
    const { fixture, upstream, client, server } = await running();
    const change = async () => {
      for (const more of [{ threads: 2 }, { threads: 3, buffer_size: '4KiB' }, { max_connections: 7 }]) {
        await fixture.apply([fixture.socket('a')], more);
      }
    };
    await connectAllTheTime(fixture.path('a.relay'), [upstream], change());
    assert.ok(await passes(client, server, 'where it was'));
    assert.ok(await passes(server, client, 'both ways'));
    await eventually('only it is open', () => fixture.total('uds.connections.active', 'a') === 1);
    client.close();
    server.close();
    await eventually('it is closed', () => fixture.total('uds.connections.active', 'a') === 0);
  });

  it('ends the threads it has left behind with their last connection', async () => {
    const { fixture, client, server } = await running();
    const threads = () => readdirSync('/proc/self/task').length;
    const before = threads();
    await fixture.apply([fixture.socket('a')], { buffer_size: '8KiB' });
    assert.ok(threads() > before);
    client.close();
    server.close();
    await eventually('the old thread is gone', () => threads() <= before);
    assert.deepEqual(fixture.fatalities, []);
  });

  it('goes on counting where it was when only threads change', async () => {
    const { fixture, upstream, client, server } = await running();
    assert.ok(await passes(client, server, '12345'));
    await fixture.apply([fixture.socket('a')], { threads: 2 });
    assert.ok(await passes(client, server, '678'));
    assert.ok(await passes(fixture.connect('a'), await upstream.accept(cleanup), '90'));
    const samples = fixture.samples('uds.send_bytes');
    assert.deepEqual(
      samples.map(({ value }) => value),
      [10],
    );
    client.close();
    server.close();
    await eventually('it is closed', () => fixture.total('uds.connections.active', 'a') === 1);
    assert.equal(fixture.total('uds.send_bytes', 'a'), 10);
  });

  it('counts what comes under the new attributes, and what goes on under the old ones', async () => {
    const { fixture, upstream, client, server } = await running();
    const container = { id: 'c1' };
    await fixture.apply([fixture.socket('a', { container })], {}, ['container.id']);
    assert.ok(await passes(client, server, 'old'));
    assert.ok(await passes(fixture.connect('a'), await upstream.accept(cleanup), 'newer'));
    const byContainer = fixture
      .samples('uds.send_bytes')
      .map(({ attributes, value }) => [attributes['container.id'], value]);
    assert.deepEqual(byContainer, [
      [undefined, 3],
      ['c1', 5],
    ]);
  });

  it('removes a socket and its file, and lets its connections go on', async () => {
    const { fixture, client, server } = await running();
    await fixture.apply([fixture.socket('b')]);
    assert.equal(existsSync(fixture.path('a.relay')), false);
    assert.equal(RawStream.tryConnect(fixture.path('a.relay'), cleanup), 'ENOENT');
    assert.ok(await passes(client, server, 'goes on'));
    assert.ok(await passes(server, client, 'both ways'));
    await fixture.apply([fixture.socket('a')]);
    assert.ok(await passes(client, server, 'even when it is back'));
  });

  it('ends when it is shut down in the middle of a change', async () => {
    const { fixture, client } = await running();
    const change = await fixture.prepare([fixture.socket('a', { upstream: '/other' }), fixture.socket('b')], {
      threads: 2,
    });
    const committed = change.commit();
    client.close();
    await fixture.receiver.shutdown(Number.POSITIVE_INFINITY);
    await committed;
    assert.deepEqual(readdirSync(fixture.directory), ['a']);
    assert.deepEqual(fixture.fatalities, []);
  });
});
