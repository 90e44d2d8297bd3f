import assert from 'node:assert/strict';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { SHUT_WR } from '../../../../src/linux/constants.js';
import { hasWaiting } from '../../../../src/linux/socket.js';
import type { ListenerSettings } from '../../../../src/receivers/uds/relay/messages.js';
import { useCleanup } from '../../../support/cleanup.js';
import { countOf } from '../../../support/descriptors.js';
import { eventually } from '../../../support/eventually.js';
import { MessageEnd } from '../../../support/message-end.js';
import { RelayFixture, type RelayFixtureOptions } from '../../../support/relay-fixture.js';

const TYPE = 'seqpacket';

describe('connections of type SOCK_SEQPACKET', () => {
  const cleanup = useCleanup();

  async function start(
    settings: Partial<ListenerSettings> = {},
    options: RelayFixtureOptions = {},
  ): Promise<{ relay: RelayFixture; upstream: MessageEnd }> {
    const relay = await RelayFixture.start(cleanup, {
      serve: false,
      listener: { type: TYPE, ...settings },
      ...options,
    });
    return { relay, upstream: MessageEnd.bind(TYPE, relay.upstreamPath, cleanup) };
  }

  async function connect(
    settings: Partial<ListenerSettings> = {},
    options: RelayFixtureOptions = {},
  ): Promise<{ relay: RelayFixture; client: MessageEnd; server: MessageEnd }> {
    const { relay, upstream } = await start(settings, options);
    const client = MessageEnd.connect(TYPE, relay.path, cleanup);
    const server = await upstream.accept(cleanup);
    client.askForSenders();
    server.askForSenders();
    return { relay, client, server };
  }

  it('keep the bounds of messages in both directions, empty ones too, and count each once', async () => {
    const { relay, client, server } = await connect();
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      for (const text of ['one', '', 'two', '', '', 'three']) assert.equal(from.send(text), text.length);
      for (const text of ['one', '', 'two', '', '', 'three'])
        assert.equal((await to.receiveMessage()).bytes.toString(), text);
    }
    client.close();
    assert.equal(await server.receiveSome(), 'EOF');
    const { sendBytes, sendOps, recvBytes, recvOps, errors } = await relay.settled();
    assert.deepEqual(
      { sendBytes, sendOps, recvBytes, recvOps },
      { sendBytes: 11, sendOps: 6, recvBytes: 11, recvOps: 6 },
    );
    assert.deepEqual(errors, {});
  });

  it('tell an empty message from the end, which each side gives by itself', async () => {
    const { client, server } = await connect();
    client.send('');
    client.shutdown(SHUT_WR);
    assert.equal((await server.receiveMessage()).bytes.length, 0);
    assert.equal(await server.receiveSome(), 'EOF');
    server.send('');
    server.send('late');
    server.close();
    assert.equal((await client.receiveMessage()).bytes.length, 0);
    assert.equal((await client.receiveMessage()).bytes.toString(), 'late');
    assert.equal(await client.receiveSome(), 'EOF');
  });

  it('carry messages that are longer than any buffer, in one piece', async () => {
    const { client, server } = await connect({}, { bufferBytes: 4096 });
    for (const bytes of [4095, 4096, 4097, 65_536, 200_000, 212_960]) {
      const message = Buffer.alloc(bytes, bytes % 251);
      assert.equal(client.send(message), bytes);
      assert.deepEqual((await server.receiveMessage()).bytes, message);
      assert.equal(server.send(message), bytes);
      assert.deepEqual((await client.receiveMessage()).bytes, message);
    }
  });

  it('carry messages that need a larger send buffer than usual', async () => {
    const { client, server } = await connect();
    client.setSendBuffer(400_000);
    const message = Buffer.alloc(300_000, 7);
    assert.equal(client.send(message), message.length);
    assert.deepEqual((await server.receiveMessage()).bytes, message);
  });

  it('stop reading from a sender whose receiver is behind, and lose nothing', async () => {
    const { relay, client, server } = await connect();
    const sent: Buffer[] = [];
    for (let i = 0; ; i++) {
      const message = Buffer.alloc(30_000, i % 256);
      if (client.send(message) === 'EAGAIN') {
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (client.send(message) === 'EAGAIN') break;
      }
      sent.push(message);
    }
    assert.ok(sent.length < 60, `${sent.length} messages are on their way`);
    for (const message of sent) assert.deepEqual((await server.receiveMessage()).bytes, message);
    client.close();
    assert.equal(await server.receiveSome(), 'EOF');
    const { sendOps, errors } = await relay.settled();
    assert.equal(sendOps, sent.length);
    assert.deepEqual(errors, {});
  });

  it('pass descriptors with the messages they came with, and keep none', async () => {
    const { relay, client, server } = await connect();
    const file = openSync('/proc/self/exe', 'r');
    cleanup.defer(() => closeSync(file));
    for (let i = 0; i < 20; i++) {
      client.send(`plain ${i}`);
      client.send(`with ${i}`, { fds: [file, file, file] });
      server.send('', { fds: [file] });
    }
    for (let i = 0; i < 20; i++) {
      assert.deepEqual((await server.receiveMessage()).fds, []);
      const { bytes, fds } = await server.receiveMessage();
      assert.equal(bytes.toString(), `with ${i}`);
      assert.equal(fds.length, 3);
      for (const fd of fds) assert.equal(fstatSync(fd).ino, fstatSync(file).ino);
      for (const fd of fds) closeSync(fd);
      const back = await client.receiveMessage();
      assert.equal(back.fds.length, 1);
      closeSync(back.fds[0]);
    }
    await eventually(
      'the relay has closed its copies',
      () => countOf(file) === 1,
      () => countOf(file),
    );
    client.close();
    await relay.settled();
  });

  it('keep no descriptors of messages that are never delivered', async () => {
    const { relay, client, server } = await connect();
    const file = openSync('/proc/self/exe', 'r');
    cleanup.defer(() => closeSync(file));
    while (client.send(Buffer.alloc(20_000), { fds: [file, file] }) !== 'EAGAIN') {
      await new Promise(setImmediate);
    }
    server.close();
    client.close();
    await relay.settled();
    await eventually(
      'all are closed',
      () => countOf(file) === 1,
      () => countOf(file),
    );
  });

  it('say who has sent each message, both ways, where the relay may', async function () {
    if (process.getuid?.() !== 0) this.skip();
    const { client, server } = await connect({ credentials: 'client' });
    client.send('as I am');
    const own = { pid: process.pid, uid: 0, gid: 0 };
    assert.deepEqual((await server.receiveMessage()).sender, own);
    client.send('as another', { sender: { pid: 1, uid: 1234, gid: 4321 } });
    assert.deepEqual((await server.receiveMessage()).sender, { pid: 1, uid: 1234, gid: 4321 });
    server.send('back', { sender: { pid: 1, uid: 99, gid: 98 } });
    assert.deepEqual((await client.receiveMessage()).sender, { pid: 1, uid: 99, gid: 98 });
  });

  it('say that the relay has sent them where the upstream is to see the relay', async function () {
    if (process.getuid?.() !== 0) this.skip();
    const { client, server } = await connect({ credentials: 'self' });
    client.send('as another', { sender: { pid: 1, uid: 1234, gid: 4321 } });
    assert.deepEqual((await server.receiveMessage()).sender, { pid: process.pid, uid: 0, gid: 0 });
  });

  it('deliver what a server said before it died, and let the client see that it died', async () => {
    const { relay, client, server } = await connect();
    client.send('never read');
    await eventually('it has come', () => hasWaiting(server.fd));
    server.send('last words');
    server.close();
    assert.equal((await client.receiveMessage()).bytes.toString(), 'last words');
    assert.equal(await client.receiveSome(), 'EOF');
    client.close();
    assert.deepEqual((await relay.settled()).errors, { ECONNRESET: 1 });
  });
});
