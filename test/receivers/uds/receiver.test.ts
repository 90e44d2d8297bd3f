import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { ListenError } from '../../../src/linux/unix-listener.js';
import { useCleanup } from '../../support/cleanup.js';
import { countDescriptors } from '../../support/descriptors.js';
import { eventually } from '../../support/eventually.js';
import { RawListener, RawStream } from '../../support/raw-stream.js';
import { passes, ReceiverFixture } from '../../support/receiver-fixture.js';

describe('UdsReceiver', () => {
  const cleanup = useCleanup();

  it('relays each of its sockets and counts it under its name', async () => {
    const fixture = new ReceiverFixture(cleanup);
    const upstreams = ['a', 'b'].map((name) => fixture.listen(name));
    const container = { id: 'c1', name: 'web', image: 'nginx', attributes: { team: 'x' } };
    await fixture.apply([fixture.socket('a'), fixture.socket('b', { container })], {}, ['container.id']);
    for (const [i, name] of ['a', 'b'].entries()) {
      const client = fixture.connect(name);
      assert.ok(await passes(client, await upstreams[i].accept(cleanup), 'x'.repeat(i + 1)));
    }
    assert.deepEqual(fixture.samples('uds.send_bytes'), [
      {
        attributes: {
          'uds.socket.name': 'a',
          'uds.socket.path': fixture.path('a'),
          'uds.socket.scope': 'host',
          'process.executable.name': 'node',
        },
        value: 1,
      },
      {
        attributes: {
          'uds.socket.name': 'b',
          'uds.socket.path': fixture.path('b'),
          'uds.socket.scope': 'host',
          'container.id': 'c1',
          team: 'x',
        },
        value: 2,
      },
    ]);
    assert.equal(fixture.total('uds.connections.active', 'a'), 1);
  });

  it('counts connections that fail under their reason', async () => {
    const fixture = new ReceiverFixture(cleanup);
    await fixture.apply([fixture.socket('missing')]);
    assert.equal((await fixture.connect('missing').receiveAll()).end, 'EOF');
    await eventually('it is counted', () => fixture.total('uds.connection.errors', 'missing') === 1);
    const [{ attributes }] = fixture.samples('uds.connection.errors');
    assert.deepEqual([attributes['error.type'], attributes['uds.connection.end']], ['ENOENT', 'upstream']);
    await eventually('it is logged', () => fixture.log.some((line) => /does not answer: ENOENT/.test(line)));
  });

  it('turns away who has his share of the connections, counted under his name, and says so once', async () => {
    const fixture = new ReceiverFixture(cleanup);
    const upstream = fixture.listen('a');
    const container = { id: 'greedy' };
    const client_limits = { connections: 2, parked_bytes: '1MiB' };
    await fixture.apply([fixture.socket('a', { container })], { client_limits, threads: 2 }, [
      'container.id',
    ]);
    for (let i = 0; i < 2; i++) {
      assert.ok(await passes(fixture.connect('a'), await upstream.accept(cleanup), 'in'));
    }
    for (let i = 0; i < 5; i++) assert.equal((await fixture.connect('a').receiveAll()).end, 'EOF');
    await eventually('all are counted', () => fixture.total('uds.connection.errors', 'a') === 5);
    for (const { attributes } of fixture.samples('uds.connection.errors')) {
      assert.deepEqual([attributes['error.type'], attributes['container.id']], ['client_limit', 'greedy']);
    }
    assert.equal(fixture.total('uds.connections.active', 'a'), 2);
    const said = fixture.log.filter((line) => line.includes('has its share'));
    assert.deepEqual(said, [
      'container greedy has its share of connections: further ones to a are closed at once',
    ]);
  });

  it('is invisible between prepare and commit, and gone after a rollback', async () => {
    const fixture = new ReceiverFixture(cleanup);
    fixture.listen('a');
    const descriptors = countDescriptors();
    const change = await fixture.prepare([fixture.socket('a')]);
    assert.equal(RawStream.tryConnect(fixture.path('a.relay'), cleanup), 'ECONNREFUSED');
    await change.rollback();
    assert.equal(existsSync(fixture.path('a.relay')), false);
    await eventually('all descriptors are closed', () => countDescriptors() <= descriptors);
    await fixture.apply([fixture.socket('a')]);
    assert.ok(fixture.connect('a'));
  });

  it('prepares all or nothing', async () => {
    const fixture = new ReceiverFixture(cleanup);
    const upstream = fixture.listen('a');
    writeFileSync(fixture.path('taken.relay'), 'not a socket');
    await fixture.apply([fixture.socket('a')]);
    const client = fixture.connect('a');
    const server = await upstream.accept(cleanup);
    assert.ok(await passes(client, server, 'at first'));
    const files = readdirSync(fixture.directory);
    const descriptors = countDescriptors();
    const sockets = [fixture.socket('b'), fixture.socket('taken'), fixture.socket('a', { upstream: '/b' })];
    await assert.rejects(fixture.prepare(sockets, { threads: 2 }), ListenError);
    assert.deepEqual(readdirSync(fixture.directory), files);
    await eventually('all descriptors are closed', () => countDescriptors() <= descriptors);
    assert.ok(await passes(client, server, 'as before'));
    const next = fixture.connect('a');
    assert.ok(await passes(next, await upstream.accept(cleanup), 'as before'));
    assert.deepEqual(fixture.fatalities, []);
  });

  it('does not die of a change that cannot be made for want of memory', async () => {
    const fixture = new ReceiverFixture(cleanup);
    const upstream = fixture.listen('a');
    await fixture.apply([fixture.socket('a')]);
    const config = { ...fixture.config([fixture.socket('a')]), buffer_size: 2 ** 46 };
    await assert.rejects(fixture.receiver.prepare({ config, attributes: [] }), /ENOMEM/);
    assert.ok(await passes(fixture.connect('a'), await upstream.accept(cleanup), 'as before'));
    assert.deepEqual(fixture.fatalities, []);
  });

  it('refuses two sockets on one path', async () => {
    const fixture = new ReceiverFixture(cleanup);
    const sockets = [fixture.socket('a'), fixture.socket('b', { listen: fixture.path('a.relay') })];
    await assert.rejects(fixture.prepare(sockets), ListenError);
    assert.deepEqual(readdirSync(fixture.directory), []);
  });

  it('gives a socket the mode of an upstream that appears later', async () => {
    const fixture = new ReceiverFixture(cleanup);
    await fixture.apply([fixture.socket('late')]);
    const mode = () => statSync(fixture.path('late.relay')).mode & 0o777;
    assert.equal(mode(), 0o600);
    fixture.listen('late');
    chmodSync(fixture.path('late'), 0o666);
    await eventually('it has the mode', () => mode() === 0o666);
  });

  it('takes no owner that it may not give, and says so', async () => {
    const fixture = new ReceiverFixture(cleanup);
    fixture.listen('a');
    await assert.rejects(
      fixture.prepare([fixture.socket('a', { owner: 'no-such-user' })]),
      (error) => error instanceof ListenError && /no user "no-such-user"/.test(error.message),
    );
    assert.equal(existsSync(fixture.path('a.relay')), false);
  });

  it('relays from and to abstract names', async () => {
    const fixture = new ReceiverFixture(cleanup);
    const names = { listen: `@udscope-relay-${process.pid}`, upstream: `@udscope-upstream-${process.pid}` };
    const upstream = RawListener.listen(names.upstream, cleanup);
    await fixture.apply([names]);
    const client = RawStream.connect(names.listen, cleanup);
    assert.ok(await passes(client, await upstream.accept(cleanup), 'hello'));
    assert.equal(fixture.total('uds.send_bytes', names.upstream.slice(1)), 5);
  });
});
