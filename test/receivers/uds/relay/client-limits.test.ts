import assert from 'node:assert/strict';
import { useCleanup } from '../../../support/cleanup.js';
import { eventually } from '../../../support/eventually.js';
import { Pattern } from '../../../support/pattern.js';
import { RawStream } from '../../../support/raw-stream.js';
import { RelayFixture, type RelayFixtureOptions } from '../../../support/relay-fixture.js';

const MIB = 2 ** 20;

/** Containers have listeners of their own here, so that one process can be many clients. */
describe('the connections of a client', () => {
  const cleanup = useCleanup();

  function start(connections: number, options: RelayFixtureOptions = {}): Promise<RelayFixture> {
    return RelayFixture.start(cleanup, { clientShare: { connections, parkedBytes: 64 * MIB }, ...options });
  }

  /** Whether a client gets in: what it says is answered by the upstream. */
  async function getsIn(relay: RelayFixture, path: string): Promise<RawStream | undefined> {
    const client = await RawStream.connectInTime(path, cleanup);
    client.send(Buffer.from('?'));
    const answer = await eventually('it is served or turned away', () => {
      const server = relay.upstream.tryAccept(cleanup);
      if (server !== undefined) {
        server.send(Buffer.from('!'));
        return true;
      }
      const received = client.receive();
      return received === 'EAGAIN' ? undefined : String(received);
    });
    if (answer !== true) {
      assert.ok(['EOF', 'ECONNRESET'].includes(answer), answer);
      return undefined;
    }
    assert.equal(String(await client.receiveExactly(1)), '!');
    return client;
  }

  it('are closed at once beyond its share, counted as client_limit, and reported once', async () => {
    const relay = await start(3);
    const clients = [];
    for (let i = 0; i < 3; i++) clients.push(await getsIn(relay, relay.path));
    for (let i = 0; i < 20; i++) assert.equal(await getsIn(relay, relay.path), undefined);
    assert.ok(clients.every((client) => client !== undefined));
    assert.deepEqual(relay.totals().errors, { client_limit: 20 });
    assert.deepEqual([relay.totals().opened, relay.totals().closed], [23, 20]);
    assert.equal(relay.overShareReports.length, 1);
    assert.match(relay.overShareReports[0], /^uid \d+$/);
  });

  it('make room for the next when one of them ends', async () => {
    const relay = await start(2);
    const first = await getsIn(relay, relay.path);
    await getsIn(relay, relay.path);
    assert.equal(await getsIn(relay, relay.path), undefined);
    first?.close();
    await eventually('it has ended', () => relay.totals().closed === 2);
    assert.ok(await getsIn(relay, relay.path));
    assert.equal(await getsIn(relay, relay.path), undefined);
  });

  it('are counted on all threads together', async () => {
    const relay = await start(6, { threads: 3 });
    let served = 0;
    for (let i = 0; i < 18; i++) if (await getsIn(relay, relay.path)) served++;
    assert.equal(served, 6);
    assert.deepEqual(relay.totals().errors, { client_limit: 12 });
  });

  it('are counted on all sockets together, and are nothing to other clients', async () => {
    const relay = await start(2);
    const a = [relay.addListener({ container: 'a' }), relay.addListener({ container: 'a' })];
    const b = relay.addListener({ container: 'b' });
    assert.ok(await getsIn(relay, a[0].path));
    assert.ok(await getsIn(relay, a[1].path));
    for (const { path } of a) assert.equal(await getsIn(relay, path), undefined);
    assert.ok(await getsIn(relay, b.path));
    assert.ok(await getsIn(relay, relay.path), 'a user of the host is somebody else');
    assert.deepEqual(relay.totals(b.listener).errors, {});
    assert.deepEqual(relay.overShareReports, ['container a']);
  });

  it('leave room to those who have few, however many others want all there is', async () => {
    const relay = await start(1000, { maxConnections: 200 });
    const greedy = ['a', 'b', 'c'].map((container) => relay.addListener({ container }));
    let isTaking = true;
    while (isTaking) {
      isTaking = false;
      for (const { path } of greedy) isTaking = (await getsIn(relay, path)) !== undefined || isTaking;
    }
    const quiet = relay.addListener({ container: 'quiet' });
    for (let i = 0; i < 8; i++) assert.ok(await getsIn(relay, quiet.path), 'the quiet one gets in');
    assert.deepEqual(relay.totals(quiet.listener).errors, {});
    assert.deepEqual(relay.acceptingReports, [], 'nobody waits');
  });

  it('carry every byte, however little each may have kept for it', async () => {
    const parkedBytes = 12 * 8192 + 3 * 65_536;
    const relay = await start(12, { clientShare: { connections: 12, parkedBytes }, bufferBytes: 262_144 });
    const pattern = new Pattern(3);
    const pairs: { client: RawStream; server: RawStream }[] = [];
    for (let i = 0; i < 12; i++) pairs.push(await relay.connect());
    // Both directions are blocked first.
    let idle = 0;
    await eventually('nobody can send any more', () => {
      let moved = 0;
      for (const { client, server } of pairs) {
        for (const stream of [client, server]) {
          const sent = stream.send(pattern.slice(stream.sent, 50_000));
          moved += typeof sent === 'number' ? sent : 0;
        }
      }
      idle = moved === 0 ? idle + 1 : 0;
      return idle === 10;
    });
    for (const { client, server } of pairs) {
      await receiveAll(client, server.sent);
      await receiveAll(server, client.sent);
      client.close();
      server.close();
    }
    const { sendBytes, recvBytes, errors } = await relay.settled();
    const sent = (side: 'client' | 'server') => pairs.reduce((sum, pair) => sum + pair[side].sent, 0);
    assert.deepEqual([sendBytes, recvBytes, errors], [sent('client'), sent('server'), {}]);

    async function receiveAll(stream: RawStream, bytes: number): Promise<void> {
      while (stream.received < bytes) {
        const position = stream.received;
        const received = await stream.receiveSome();
        assert.ok(Buffer.isBuffer(received), String(received));
        pattern.check(received, position);
      }
    }
  });
});
