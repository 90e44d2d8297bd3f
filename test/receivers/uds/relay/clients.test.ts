import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Cleanup, useCleanup } from '../../../support/cleanup.js';
import { countDescriptors } from '../../../support/descriptors.js';
import { eventually } from '../../../support/eventually.js';
import { Pattern } from '../../../support/pattern.js';
import { RawStream } from '../../../support/raw-stream.js';
import { RelayFixture } from '../../../support/relay-fixture.js';

const MIB = 2 ** 20;

/** What a socket holds and what a relay holds, several times over. */
const HELD_BYTES_MAX = 2 * MIB;

describe('a client', () => {
  const cleanup = useCleanup();

  it('that never reads blocks its sender alone, and costs a bounded amount of memory', async () => {
    const relay = await RelayFixture.start(cleanup, { bufferBytes: 256 * 1024 });
    const stuck: { client: RawStream; server: RawStream }[] = [];
    for (let i = 0; i < 20; i++) stuck.push(await relay.connect());
    const chunk = Buffer.alloc(65_536, 1);
    const pushAll = () => stuck.reduce((sum, { server }) => sum + server.fill(chunk), 0);
    let idleTurns = 0;
    await eventually('nobody can send any more', () => {
      idleTurns = pushAll() === 0 ? idleTurns + 1 : 0;
      return idleTurns === 10;
    });
    const rss = process.memoryUsage.rss();
    const { client, server } = await relay.connect();
    while (client.received < 64 * MIB) {
      server.send(chunk);
      pushAll();
      if (client.skip() === 0) await nextTurn();
    }
    assert.ok(process.memoryUsage.rss() - rss < 16 * MIB, 'memory stays where it was');
    for (const other of stuck) {
      assert.ok(other.server.sent < HELD_BYTES_MAX, `${other.server.sent} bytes are held`);
      other.server.close();
      const { bytes } = await other.client.receiveAll();
      assert.equal(bytes.length, other.server.sent);
    }
  });

  it('that sends one byte at a time is relayed byte for byte', async () => {
    const relay = await RelayFixture.start(cleanup, { threads: 2 });
    const { client, server } = await relay.connect();
    const pattern = new Pattern(9);
    for (let position = 0; position < 10_000; ) {
      if (client.send(pattern.slice(position, 1)) === 1) position++;
      const received = server.received;
      const bytes = server.receive();
      if (bytes instanceof Buffer) pattern.check(bytes, received);
    }
    const rest = server.received;
    if (rest < 10_000) pattern.check(await server.receiveExactly(10_000 - rest), rest);
    const { sendBytes, sendOps } = relay.totals();
    assert.equal(sendBytes, 10_000);
    assert.ok(sendOps > 0 && sendOps <= 10_000);
  });

  it('that comes and goes 4,000 times leaves no descriptor behind', async () => {
    const relay = await RelayFixture.start(cleanup, { threads: 2 });
    const before = await settledDescriptors(relay);
    const own = new Cleanup();
    for (let i = 0; i < 4000; i++) {
      const client = await RawStream.connectInTime(relay.path, own);
      const server = await relay.upstream.accept(own);
      if (i % 3 === 0) client.send(Buffer.from('x'));
      if (i % 5 === 0) server.send(Buffer.from('y'));
      client.close();
      server.close();
    }
    await own.run();
    const { opened, closed, errors } = await relay.settled();
    assert.deepEqual([opened, closed], [4001, 4001]);
    assert.deepEqual(errors, {}, 'who leaves a few bytes unread when the client has left is in order');
    await eventually('all descriptors are closed', () => countDescriptors() <= before);
  });

  it('is not confused with the one whose descriptors it got', async () => {
    const relay = await RelayFixture.start(cleanup, { maxConnections: 4 });
    const own = new Cleanup();
    const pattern = new Pattern(11);
    for (let round = 0; round < 300; round++) {
      const pairs = [];
      for (let i = 0; i < 4; i++) pairs.push(await relay.connect(own));
      // Events of all of them are under way when the slots and descriptors change hands.
      for (const { client, server } of pairs) {
        client.send(pattern.slice(round, 5000));
        server.send(pattern.slice(round + 1, 5000));
      }
      for (const [i, { client, server }] of pairs.entries()) {
        if (i % 2 === 0) client.close();
        else server.close();
      }
      for (const [i, { client, server }] of pairs.entries()) {
        const { bytes } = await (i % 2 === 0 ? server : client).receiveAll();
        pattern.check(bytes, i % 2 === 0 ? round : round + 1);
        assert.equal(bytes.length, 5000);
        (i % 2 === 0 ? server : client).close();
      }
      await own.run();
    }
    const { opened, closed } = await relay.settled();
    assert.deepEqual([opened, closed], [1200, 1200]);
  });

  /** Descriptors once a first connection has come and gone: what a thread keeps ready is open then. */
  async function settledDescriptors(relay: RelayFixture): Promise<number> {
    const { client, server } = await relay.connect();
    client.close();
    server.close();
    await relay.settled();
    return countDescriptors() + relay.pool.settings.threads;
  }
});
