import assert from 'node:assert/strict';
import { closeSync, fstatSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { SOL_SOCKET } from '../../../../src/linux/constants.js';
import * as libc from '../../../../src/linux/libc.js';
import { ListenSocket } from '../../../../src/linux/unix-listener.js';
import { receivedDescriptors } from '../../../../src/receivers/uds/pool/descriptor-budget.js';
import { receiveWithDescriptors, sendWithDescriptors } from '../../../support/ancillary.js';
import { useCleanup } from '../../../support/cleanup.js';
import { countDescriptors, openDescriptors } from '../../../support/descriptors.js';
import { eventually } from '../../../support/eventually.js';
import { lingeringSocket } from '../../../support/lingering-socket.js';
import { RawStream } from '../../../support/raw-stream.js';
import { RelayFixture } from '../../../support/relay-fixture.js';

const SO_PASSRIGHTS = 83;
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
  function marked(name = 'marked') {
    const path = `${cleanup.directory()}/${name}`;
    const fd = openSync(path, 'w');
    const copies = () => openDescriptors().filter((each) => leadsTo(each, path)).length;
    return { fd, copies };
  }

  /** A relay that has its closing thread already, and how many descriptors are open then. */
  async function warmRelay() {
    const relay = await RelayFixture.start(cleanup);
    const { fd, copies } = marked('warm');
    const { client, server } = await relay.connect();
    sendWithDescriptors(client, 'w', [fd]);
    await receiveWithDescriptors(server).then(({ fds }) => fds.forEach((each) => void closeSync(each)));
    for (const stream of [client, server]) stream.close();
    await eventually('the copy is closed', () => copies() === 1);
    closeSync(fd);
    await relay.settled();
    return { relay, before: countDescriptors() };
  }

  it('are passed on with their bytes, in their order and number, and counted by direction', async () => {
    const { relay, before } = await warmRelay();
    const { client, server } = await relay.connect();
    const [one, two] = [marked('one'), marked('two')];
    const rounds: [RawStream, RawStream, string, number[]][] = [
      [client, server, 'a', [one.fd]],
      [client, server, 'bc', [one.fd, two.fd, one.fd]],
      [server, client, 'd', Array(MESSAGE_MAX).fill(two.fd)],
      [server, client, 'e', [two.fd, one.fd]],
    ];
    for (const [from, to, text, fds] of rounds) {
      sendWithDescriptors(from, text, fds);
      const received = await receiveWithDescriptors(to);
      assert.equal(received.bytes.toString(), text);
      assert.deepEqual(inodes(received.fds), inodes(fds));
      received.fds.forEach(closeSync);
    }
    assert.deepEqual(relay.passedDescriptors, [5, MESSAGE_MAX + 2]);
    assert.deepEqual(relay.droppedDescriptors, [0, 0]);
    assert.equal(relay.descriptorReports, 0);
    await eventually('the relay has closed its copies', () => one.copies() === 1 && two.copies() === 1);
    for (const { fd } of [one, two]) closeSync(fd);
    for (const stream of [client, server]) stream.close();
    await relay.settled();
    assert.equal(countDescriptors(), before);
  });

  it('come with the first byte of their own message, whatever was sent just before', async () => {
    const relay = await RelayFixture.start(cleanup, { upstreamBacklog: 0 });
    const { fd } = marked();
    const { client, server } = await relay.connectAfter((sender) => {
      sender.send(Buffer.from('plain'));
      sender.send(Buffer.from(' and more '));
      sendWithDescriptors(sender, 'x', [fd, fd]);
      sender.send(Buffer.from('behind'));
      sendWithDescriptors(sender, 'yz', [fd]);
    });
    const seen = async (length: number) => {
      const { bytes, fds } = await receiveWithDescriptors(server, length);
      fds.forEach(closeSync);
      return [bytes.toString(), fds.length];
    };
    // read(2) would close what came with these bytes.
    let plain = '';
    while (plain.length < 15) {
      const [text, count] = await seen(15 - plain.length);
      assert.equal(count, 0);
      plain += text;
    }
    assert.equal(plain, 'plain and more ');
    assert.deepEqual(await seen(1), ['x', 2]);
    assert.deepEqual(await seen(6), ['behind', 0]);
    assert.deepEqual(await seen(1), ['y', 1]);
    assert.deepEqual(await seen(1), ['z', 0]);
    client.close();
    assert.deepEqual(relay.passedDescriptors, [3, 0]);
    closeSync(fd);
  });

  it('wait with their bytes when the other end takes none, and come once', async () => {
    const relay = await RelayFixture.start(cleanup);
    const { fd, copies } = marked();
    const { client, server } = await relay.connect();
    const messages = await fill(client, relay, [fd, fd]);
    assert.ok(copies() > 1, 'none wait in the relay');
    for (let i = 0; i < messages; i++) {
      const { bytes, fds } = await receiveWithDescriptors(server, 1);
      assert.deepEqual([bytes.toString(), fds.length], ['!', 2]);
      fds.forEach(closeSync);
    }
    await eventually('the relay has closed its copies', () => copies() === 1);
    assert.deepEqual(relay.passedDescriptors, [2 * messages, 0]);
    closeSync(fd);
  });

  it('are bounded for each client, so that others pass some meanwhile', async () => {
    const relay = await RelayFixture.start(cleanup);
    const { fd, copies } = marked();
    const stuck = await Promise.all(Array.from({ length: 8 }, () => relay.connect()));
    for (const { client } of stuck) await fill(client, relay, Array(MESSAGE_MAX).fill(fd));
    const waiting = copies() - 1;
    const room = receivedDescriptors(1);
    assert.ok(waiting >= 2 * MESSAGE_MAX && waiting <= room / 2, `${waiting} descriptors wait`);
    const other = ListenSocket.bind(`${cleanup.directory()}/other`);
    cleanup.defer(() => other.close());
    other.listen();
    relay.listen(other.fd, { container: 'other' });
    const client = await RawStream.connectInTime(other.path, cleanup);
    const server = await relay.upstream.accept(cleanup);
    sendWithDescriptors(client, 'x', [fd]);
    await receiveWithDescriptors(server).then(({ fds }) => fds.forEach((each) => void closeSync(each)));
    for (const each of stuck) {
      each.client.close();
      each.server.close();
    }
    await eventually('they are closed', () => copies() === 1);
    closeSync(fd);
  });

  for (const leaver of ['client', 'server'] as const) {
    it(`are closed when the ${leaver} leaves while they wait`, async () => {
      const { relay, before } = await warmRelay();
      const { fd, copies } = marked();
      const { client, server } = await relay.connect();
      await fill(client, relay, [fd, fd, fd]);
      if (leaver === 'server') server.close();
      else client.close();
      if (leaver === 'client') server.close();
      else await client.receiveAll();
      client.close();
      await relay.settled();
      await eventually('they are closed', () => copies() === 1);
      closeSync(fd);
      assert.equal(countDescriptors(), before);
    });
  }

  it('are closed when their receiver takes none, and come to nobody else', async function () {
    const { relay, before } = await warmRelay();
    const { fd, copies } = marked();
    for (const [from, to] of [
      ['client', 'server'],
      ['server', 'client'],
    ] as const) {
      const ends = await relay.connect();
      if (!refuseDescriptors(ends[to].fd)) this.skip();
      sendWithDescriptors(ends[from], 'x', [fd, fd]);
      await ends[from].receiveAll();
      ends.client.close();
      ends.server.close();
      await eventually('the copies are closed', () => copies() === 1);
      // The next connection has the slot of the last one.
      const next = await relay.connect();
      next[from].send(Buffer.from('y'));
      const { bytes, fds } = await receiveWithDescriptors(next[to]);
      assert.deepEqual([bytes.toString(), fds], ['y', []]);
      next.client.close();
      next.server.close();
    }
    closeSync(fd);
    assert.deepEqual((await relay.settled()).errors, { _OTHER: 2 });
    assert.equal(countDescriptors(), before);
  });

  it('may be the connection itself', async () => {
    const { relay, before } = await warmRelay();
    const { client, server } = await relay.connect();
    await fill(client, relay, [client.fd]);
    client.close();
    server.close();
    await relay.settled();
    await eventually('nothing is left', () => countDescriptors() === before);
  });

  it('may be both ends of the connection, which lasts until the relay ends it then', async () => {
    const { relay, before } = await warmRelay();
    const { client, server } = await relay.connect();
    await fill(client, relay, [client.fd, server.fd]);
    client.close();
    server.close();
    relay.listener.cut();
    await relay.settled();
    await eventually('nothing is left', () => countDescriptors() === before);
  });

  it('hold up nobody when closing them takes long', async () => {
    const relay = await RelayFixture.start(cleanup);
    const lingering = await lingeringSocket(cleanup, LINGER_SECONDS);
    const startMs = performance.now();
    const { client, server } = await relay.connect();
    await fill(client, relay, [lingering.fd]);
    lingering.forget();
    // Not the last ones: the relay has some yet.
    server.close();
    await client.receiveAll();
    client.close();
    await relay.settled();
    assert.ok(
      performance.now() - startMs < LINGER_SECONDS * 500,
      'the relay thread has waited for the socket',
    );
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

function inodes(fds: readonly number[]): number[] {
  return fds.map((fd) => fstatSync(fd).ino);
}

/** Sends messages of a byte with descriptors until neither the upstream nor the relay takes more. Returns how many. */
async function fill(client: RawStream, relay: RelayFixture, fds: readonly number[]): Promise<number> {
  let sent = 0;
  for (let taken = -1; taken !== relay.totals().sendBytes; ) {
    taken = relay.totals().sendBytes;
    while (trySend(() => sendWithDescriptors(client, '!', fds))) sent++;
    await setTimeout(50);
  }
  return sent;
}

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

/** Has the kernel refuse descriptors to a socket (SO_PASSRIGHTS, Linux 6.16). False where it cannot. */
function refuseDescriptors(fd: number): boolean {
  return libc.setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, Int32Array.of(0), 4) === 0;
}
