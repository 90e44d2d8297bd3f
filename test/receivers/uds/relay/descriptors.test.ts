import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { sendWithDescriptors } from '../../../support/ancillary.js';
import { useCleanup } from '../../../support/cleanup.js';
import { openDescriptors } from '../../../support/descriptors.js';
import { eventually } from '../../../support/eventually.js';
import { lingeringSocket } from '../../../support/lingering-socket.js';
import { RawStream } from '../../../support/raw-stream.js';
import { RelayFixture } from '../../../support/relay-fixture.js';

const MESSAGE_MAX = 253;
const LINGER_SECONDS = 4;

describe('descriptors that are sent over a relayed socket', () => {
  const cleanup = useCleanup();
  let threads: number;

  beforeEach(() => {
    threads = countThreads();
  });

  // A closing thread may outlive its relay thread for as long as a socket lingers; its end would disturb tests that count.
  afterEach(async () => {
    const endMs = performance.now() + (LINGER_SECONDS + 1) * 1000;
    while (countThreads() > threads && performance.now() < endMs) await setTimeout(20);
  });

  /** A descriptor whose copies can be found. */
  function marked() {
    const path = `${cleanup.directory()}/marked`;
    const fd = openSync(path, 'w');
    const copies = () => openDescriptors().filter((each) => leadsTo(each, path)).length;
    return { fd, copies };
  }

  it('are counted one by one, by direction, and closed', async () => {
    const relay = await RelayFixture.start(cleanup);
    const { fd, copies } = marked();
    const { client, server } = await relay.connect();
    sendWithDescriptors(client, 'a', [fd]);
    sendWithDescriptors(client, 'b', [fd, fd, fd]);
    sendWithDescriptors(server, 'c', Array(MESSAGE_MAX).fill(fd));
    assert.equal((await server.receiveExactly(2)).toString(), 'ab');
    assert.equal((await client.receiveExactly(1)).toString(), 'c');
    assert.deepEqual(relay.droppedDescriptors, [4, MESSAGE_MAX]);
    await eventually('they are closed', () => copies() === 1);
    assert.equal(relay.descriptorReports, 1);
    closeSync(fd);
  });

  it('are counted to the last one when they come faster than they are closed', async () => {
    const relay = await RelayFixture.start(cleanup);
    const { fd, copies } = marked();
    const messages = 200;
    const connections = await Promise.all([1, 2, 3, 4].map(() => relay.connect()));
    const received = Promise.all(connections.map(({ server }) => server.receiveExactly(messages / 4)));
    let most = 0;
    for (let i = 0; i < messages; i++) {
      const { client } = connections[i % 4];
      await eventually('there is room', () =>
        trySend(() => sendWithDescriptors(client, '.', Array(MESSAGE_MAX).fill(fd))),
      );
      most = Math.max(most, copies());
    }
    await received;
    assert.deepEqual(relay.droppedDescriptors, [messages * MESSAGE_MAX, 0]);
    assert.ok(most <= 2048 + 1, `${most} descriptors were open`);
    await eventually('they are closed', () => copies() === 1);
    closeSync(fd);
  });

  it('hold up nobody when closing them takes long', async () => {
    const relay = await RelayFixture.start(cleanup, { upstreamBacklog: 0 });
    const lingering = await lingeringSocket(cleanup, LINGER_SECONDS);
    const startMs = performance.now();
    const { client, server } = await relay.connectAfter((sender) => {
      sendWithDescriptors(sender, 'x', [lingering.fd]);
      lingering.forget();
    });
    await server.receiveExactly(1);
    for (let i = 0; i < 100; i++) {
      client.send(Buffer.from('y'));
      await server.receiveExactly(1);
    }
    const other = await relay.connect();
    other.client.send(Buffer.from('z'));
    await other.server.receiveExactly(1);
    assert.ok(
      performance.now() - startMs < LINGER_SECONDS * 500,
      'the relay thread has waited for the socket',
    );
    assert.deepEqual(relay.droppedDescriptors, [1, 0]);
  });

  it('of others are closed meanwhile when closing one takes long', async () => {
    const relay = await RelayFixture.start(cleanup);
    const lingering = await lingeringSocket(cleanup, 3600);
    const { fd, copies } = marked();
    const hostile = await relay.connect();
    sendWithDescriptors(hostile.client, 'x', [lingering.fd]);
    await hostile.server.receiveExactly(1);
    lingering.forget();
    const { client, server } = await relay.connect();
    sendWithDescriptors(client, 'y', [fd]);
    await server.receiveExactly(1);
    await eventually('the other one is closed', () => copies() === 1);
    closeSync(fd);
  });

  it('hold up nobody when their connection is closed before they are read', async () => {
    const relay = await RelayFixture.start(cleanup, { upstreamBacklog: 0 });
    const lingering = await lingeringSocket(cleanup, LINGER_SECONDS);
    const startMs = performance.now();
    // The upstream's backlog is full: nothing is read yet.
    RawStream.connect(relay.upstreamPath, cleanup);
    const client = await RawStream.connectInTime(relay.path, cleanup);
    sendWithDescriptors(client, 'x', [lingering.fd]);
    lingering.forget();
    relay.listener.cut();
    await client.receiveAll();
    const { opened } = await relay.settled();
    assert.equal(opened, 1);
    assert.ok(
      performance.now() - startMs < LINGER_SECONDS * 500,
      'the relay thread has waited for the socket',
    );
  });
});

function countThreads(): number {
  return readdirSync('/proc/self/task').length;
}

function leadsTo(fd: number, path: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`) === path;
  } catch {
    return false;
  }
}

function trySend(send: () => void): boolean {
  try {
    send();
    return true;
  } catch {
    return false;
  }
}
