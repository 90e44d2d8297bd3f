import assert from 'node:assert/strict';
import { chmodSync, rmSync } from 'node:fs';
import { geteuid } from 'node:process';
import { SHUT_WR } from '../../../../src/linux/constants.js';
import { Child } from '../../../support/child.js';
import { useCleanup } from '../../../support/cleanup.js';
import { eventually } from '../../../support/eventually.js';
import { waitFor } from '../../../support/process.js';
import { RawListener, RawStream } from '../../../support/raw-stream.js';
import { RelayFixture } from '../../../support/relay-fixture.js';

const NOTHING = Buffer.alloc(0);
const NOBODY = 65_534;

describe('an upstream', () => {
  const cleanup = useCleanup();

  /** What a client sees that gets no upstream. */
  async function isTurnedAway(relay: RelayFixture): Promise<void> {
    const client = RawStream.connect(relay.path, cleanup);
    assert.deepEqual(await client.receiveAll(), { bytes: NOTHING, end: 'EOF' });
  }

  it('that is missing costs the connection, counted as ENOENT', async () => {
    const relay = await RelayFixture.start(cleanup, { serve: false });
    await isTurnedAway(relay);
    await isTurnedAway(relay);
    const { opened, closed, errors } = await relay.settled();
    assert.deepEqual({ opened, closed, errors }, { opened: 2, closed: 2, errors: { ENOENT: 2 } });
    assert.deepEqual(relay.upstreamReports, ['ENOENT']);
  });

  it('that nobody listens on costs the connection, counted as ECONNREFUSED', async () => {
    const relay = await RelayFixture.start(cleanup);
    relay.upstream.close();
    await isTurnedAway(relay);
    assert.deepEqual((await relay.settled()).errors, { ECONNREFUSED: 1 });
    assert.deepEqual(relay.upstreamReports, ['ECONNREFUSED']);
  });

  it('that may not be connected to costs the connection, counted as EACCES', async () => {
    const directory = cleanup.directory();
    chmodSync(directory, 0o777);
    const [path, upstreamPath] = [`${directory}/relay`, `${directory}/upstream`];
    RawListener.listen(upstreamPath, cleanup);
    chmodSync(upstreamPath, 0);
    // Nothing is forbidden to root, so the relay becomes somebody else.
    const child = Child.start(cleanup, 'relay-process', [path, upstreamPath, 1, NOBODY]);
    assert.equal(await child.hear(), 'listening');
    if (geteuid?.() === 0) {
      child.say('user');
      assert.equal(await child.hear(), 'changed');
    }
    const client = RawStream.connect(path, cleanup);
    assert.deepEqual(await client.receiveAll(), { bytes: NOTHING, end: 'EOF' });
    assert.deepEqual(await child.hear(), { upstream: 'EACCES' });
    // The client sees the end a moment before it is counted.
    const totals = () => {
      child.say('totals');
      return child.hear<{ closed: number }>();
    };
    await waitFor('the end to be counted', async () => (await totals()).closed === 1);
    assert.deepEqual(await totals(), { opened: 1, closed: 1, errors: { EACCES: 1 } });
  });

  it('that comes back is used again, and reported once each time it changes', async () => {
    const relay = await RelayFixture.start(cleanup);
    relay.upstream.close();
    for (let i = 0; i < 3; i++) await isTurnedAway(relay);
    rmSync(relay.upstreamPath);
    for (let i = 0; i < 3; i++) await isTurnedAway(relay);
    relay.upstream = RawListener.listen(relay.upstreamPath, cleanup);
    for (let i = 0; i < 3; i++) {
      const { client, server } = await relay.connect();
      client.send(Buffer.from('hello'));
      assert.equal((await server.receiveExactly(5)).toString(), 'hello');
    }
    await eventually('it is reported', () => relay.upstreamReports.length === 3);
    assert.deepEqual(relay.upstreamReports, ['ECONNREFUSED', 'ENOENT', undefined]);
    assert.deepEqual(relay.totals().errors, { ECONNREFUSED: 3, ENOENT: 3 });
  });

  it('with a full backlog keeps the client waiting, with what it has sent, until there is room', async () => {
    const relay = await RelayFixture.start(cleanup, { upstreamBacklog: 0 });
    const { client, server } = await relay.connectAfter((early) => {
      early.send(Buffer.from('early'));
      assert.equal(early.receive(), 'EAGAIN');
    });
    assert.equal((await server.receiveExactly(5)).toString(), 'early');
    server.send(Buffer.from('late'));
    assert.equal((await client.receiveExactly(4)).toString(), 'late');
    assert.deepEqual(relay.totals().errors, {});
  });

  it('with a full backlog gets what a client has sent that left while it waited', async () => {
    const relay = await RelayFixture.start(cleanup, { upstreamBacklog: 0 });
    const { server } = await relay.connectAfter((early) => {
      early.send(Buffer.from('fire and forget'));
      early.close();
    });
    const { bytes, end } = await server.receiveAll();
    assert.deepEqual([bytes.toString(), end], ['fire and forget', 'EOF']);
    assert.deepEqual((await relay.settled()).errors, {});
  });

  it('with a full backlog is not waited for by clients that have left without a word', async () => {
    const relay = await RelayFixture.start(cleanup, { upstreamBacklog: 0, maxConnections: 8 });
    RawStream.connect(relay.upstreamPath, cleanup);
    for (let round = 0; round < 3; round++) {
      const clients = [];
      while (clients.length < 8) clients.push(await RawStream.connectInTime(relay.path, cleanup));
      await eventually('all of them wait', () => relay.totals().opened === 8 * (round + 1));
      for (const client of clients) client.close();
      await eventually('their places are free', () => relay.totals().closed === 8 * (round + 1));
    }
    assert.deepEqual((await relay.settled()).errors, {});
  });

  it('with a full backlog is waited for by a client that has said all it has to say', async () => {
    const relay = await RelayFixture.start(cleanup, { upstreamBacklog: 0 });
    const { client, server } = await relay.connectAfter((early) => {
      early.send(Buffer.from('a question'));
      early.shutdown(SHUT_WR);
    });
    assert.equal(String((await server.receiveAll()).bytes), 'a question');
    server.send(Buffer.from('an answer'));
    assert.equal(String(await client.receiveExactly(9)), 'an answer');
    assert.deepEqual(relay.totals().errors, {});
  });

  it('with a full backlog is given up after the connect timeout', async () => {
    const relay = await RelayFixture.start(cleanup, {
      upstreamBacklog: 0,
      listener: { connectTimeoutMs: 30 },
    });
    RawStream.connect(relay.upstreamPath, cleanup);
    await isTurnedAway(relay);
    assert.deepEqual((await relay.settled()).errors, { connect_timeout: 1 });
    assert.deepEqual(relay.upstreamReports, ['EAGAIN']);
  });

  it('with a small backlog serves a crowd, in the order in which they came', async () => {
    const relay = await RelayFixture.start(cleanup, { upstreamBacklog: 1 });
    const clients = Array.from({ length: 200 }, (_, i) => {
      const client = RawStream.connect(relay.path, cleanup);
      client.send(Buffer.of(i));
      return client;
    });
    for (const [id, client] of clients.entries()) {
      const server = await relay.upstream.accept(cleanup);
      assert.equal((await server.receiveExactly(1))[0], id);
      server.send(Buffer.of(id));
      assert.equal((await client.receiveExactly(1))[0], id);
    }
    assert.deepEqual(relay.totals().errors, {});
  });

  it('that dies in the middle ends the connection, and everything it said arrives', async () => {
    const relay = await RelayFixture.start(cleanup, { serve: false, bufferBytes: 256 * 1024 });
    const child = Child.start(cleanup, 'flood', ['listen', relay.upstreamPath]);
    assert.equal(await child.hear(), 'listen');
    const client = RawStream.connect(relay.path, cleanup);
    const chunk = Buffer.alloc(65_536, 'y');
    let received = 0;
    await eventually('much is under way in both directions', () => {
      client.send(chunk);
      const bytes = client.receive();
      if (bytes instanceof Buffer) received += bytes.length;
      return received > 4 * 2 ** 20 && client.sent > 4 * 2 ** 20;
    });
    await child.kill('SIGKILL');
    const { bytes } = await client.receiveAll();
    assert.ok(bytes.every((byte) => byte === 0x78));
    const { recvBytes, sendBytes, opened, closed } = await relay.settled();
    assert.equal(recvBytes, client.received);
    assert.ok(sendBytes <= client.sent);
    assert.deepEqual([opened, closed], [1, 1]);
  });

  it('under a name that is not a stream socket costs the connection, counted as something else', async () => {
    const relay = await RelayFixture.start(cleanup, { listener: { upstream: '/dev' } });
    await isTurnedAway(relay);
    const { errors } = await relay.settled();
    assert.equal(Object.values(errors).length, 1, JSON.stringify(errors));
  });
});
