import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { SHUT_RD } from '../../../../src/linux/constants.js';
import type { ListenerSettings } from '../../../../src/receivers/uds/relay/messages.js';
import { useCleanup } from '../../../support/cleanup.js';
import { countDescriptors, countOf } from '../../../support/descriptors.js';
import { eventually } from '../../../support/eventually.js';
import { MessageEnd, type Sender } from '../../../support/message-end.js';
import { RelayFixture, type RelayFixtureOptions } from '../../../support/relay-fixture.js';

const TYPE = 'dgram';

/** More than a socket has room for by itself. */
const LARGE_BYTES = 300_000;

/** How long a listener whose place nobody takes waits for an answer. */
const LAST_ANSWER_MS = 3000;

/** What the queue of a socket holds. */
const UPSTREAM_QUEUE = Number(readFileSync('/proc/sys/net/unix/max_dgram_qlen', 'utf8'));

describe('datagram sockets', () => {
  const cleanup = useCleanup();

  async function start(
    settings: Partial<ListenerSettings> = {},
    options: RelayFixtureOptions = {},
  ): Promise<{ relay: RelayFixture; server: MessageEnd }> {
    const relay = await RelayFixture.start(cleanup, {
      serve: false,
      listener: { type: TYPE, ...settings },
      ...options,
    });
    const server = MessageEnd.bind(TYPE, relay.upstreamPath, cleanup);
    server.askForSenders();
    return { relay, server };
  }

  function client(relay: RelayFixture): MessageEnd {
    return MessageEnd.connect(TYPE, relay.path, cleanup);
  }

  it('carry datagrams of all lengths, in order, and count each once', async () => {
    const { relay, server } = await start();
    const sender = client(relay);
    const sizes = [0, 1, 4096, 65_536, 200_000, 0, 3];
    for (const [i, bytes] of sizes.entries()) {
      await sender.sendInTime(Buffer.alloc(bytes, i));
      const received = await server.receiveMessage();
      assert.deepEqual(received.bytes, Buffer.alloc(bytes, i));
      assert.equal(received.from, undefined);
    }
    const { sendBytes, sendOps, opened, errors } = relay.totals();
    assert.deepEqual([sendBytes, sendOps, opened, errors], [269_636, 7, 1, {}]);
  });

  it('have clients wait when the upstream has no room, and lose and reorder nothing', async () => {
    const { relay, server } = await start();
    const senders = [client(relay), client(relay)];
    senders[0].autobind();
    let sent = 0;
    const next = [0, 0];
    for (let idle = 0; idle < 5; ) {
      const before = sent;
      for (const [i, sender] of senders.entries()) {
        while (sender.send(`${i} ${next[i]}`) !== 'EAGAIN') {
          next[i]++;
          sent++;
        }
      }
      idle = sent === before ? idle + 1 : 0;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.ok(sent < 2 * UPSTREAM_QUEUE + 80, `${sent} datagrams are on their way`);
    const seen = [0, 0];
    for (let i = 0; i < sent; i++) {
      const [who, number] = (await server.receiveMessage()).bytes.toString().split(' ').map(Number);
      assert.equal(number, seen[who]++);
    }
    assert.deepEqual(seen, next);
    assert.deepEqual(relay.totals().errors, {});
    assert.equal(relay.totals().sendOps, sent);
  });

  for (const [name, bind] of [
    ['a path', (end: MessageEnd, directory: string, i: number) => end.bind(join(directory, `client-${i}`))],
    ['an abstract name', (end: MessageEnd, _: string, i: number) => end.bind(`@udscope-${process.pid}-${i}`)],
    ['a name of the kernel', (end: MessageEnd) => end.autobind()],
  ] as const) {
    it(`give each client the answers that are meant for it, at ${name}`, async () => {
      const { relay, server } = await start();
      const ends = Array.from({ length: 5 }, (_, i) => {
        const end = MessageEnd.create(TYPE, cleanup);
        bind(end, relay.directory, i);
        // One that is connected takes answers from where it sends to only.
        if (i % 2 === 0) end.connect(relay.path);
        return end;
      });
      for (let round = 0; round < 3; round++) {
        for (const [i, end] of ends.entries()) {
          const to = i % 2 === 0 ? {} : { to: relay.path };
          assert.equal(end.send(`question ${i}`, to), 10);
          const { from, bytes } = await server.receiveMessage();
          assert.equal(bytes.toString(), `question ${i}`);
          assert.equal(typeof server.send(`answer ${i}`, { to: from as string }), 'number');
        }
        for (const [i, end] of ends.entries()) {
          const { bytes, from } = await end.receiveMessage();
          assert.equal(bytes.toString(), `answer ${i}`);
          assert.equal(from, relay.path);
        }
      }
      const { opened, recvOps, errors } = relay.totals();
      assert.deepEqual({ opened, recvOps, errors }, { opened: 5, recvOps: 15, errors: {} });
    });
  }

  it('wait with answers for a client that is behind', async () => {
    const { relay, server } = await start();
    const end = MessageEnd.create(TYPE, cleanup);
    end.autobind();
    end.send('all', { to: relay.path });
    const { from } = await server.receiveMessage();
    for (let i = 0; i < 100; i++) {
      const text = `answer ${i}`;
      if (server.send(text, { to: from as string }) === text.length) continue;
      assert.equal((await end.receiveMessage()).bytes.toString().startsWith('answer'), true);
      i--;
    }
    await eventually('the last comes', () => {
      const received = end.receive();
      return typeof received !== 'string' && received.bytes.toString() === 'answer 99';
    });
    assert.equal(relay.totals().recvOps, 100);
  });

  it('deliver what a client said before it left, though an answer finds it gone before there is room', async () => {
    const { relay, server } = await start();
    const [leaver, other] = [MessageEnd.create(TYPE, cleanup), client(relay)];
    leaver.autobind();
    leaver.send('question', { to: relay.path });
    const { from } = await server.receiveMessage();
    for (let i = 0; i <= UPSTREAM_QUEUE; i++) await other.sendInTime('other');
    await leaver.sendInTime('last', { to: relay.path });
    await eventually('the last waits for room', () => relay.totals().sendOps === UPSTREAM_QUEUE + 3);
    leaver.close();
    server.send('answer', { to: from as string });
    await eventually('the answer is lost', () => relay.totals().errors['client_left'] === 1);
    for (let i = 0; i <= UPSTREAM_QUEUE; i++)
      assert.equal((await server.receiveMessage()).bytes.toString(), 'other');
    assert.equal((await server.receiveMessage()).bytes.toString(), 'last');
    assert.deepEqual(relay.totals().errors, { client_left: 1 });
    await eventually('it is seen that the client is gone', () => relay.totals().closed === 1);
  });

  it('count an answer that its client does not take as lost by the client, which may go on sending', async () => {
    const { relay, server } = await start();
    const end = MessageEnd.create(TYPE, cleanup);
    end.autobind();
    end.shutdown(SHUT_RD);
    for (let i = 1; i <= 2; i++) {
      end.send('question', { to: relay.path });
      const { from } = await server.receiveMessage();
      server.send('answer', { to: from as string });
      await eventually('it is counted', () => relay.totals().errors['client_left'] === i);
    }
    assert.deepEqual(relay.totals().errors, { client_left: 2 });
    assert.equal(relay.totals().opened, 1);
  });

  it('say who has sent each datagram, and pass its descriptors', async function () {
    if (process.getuid?.() !== 0) this.skip();
    const { relay, server } = await start({ credentials: 'client' });
    for (const path of [relay.path, relay.upstreamPath]) chmodSync(path, 0o777);
    chmodSync(relay.directory, 0o755);
    const sender = client(relay);
    const file = openSync('/proc/self/exe', 'r');
    cleanup.defer(() => closeSync(file));
    for (const who of [
      { pid: process.pid, uid: 0, gid: 0 },
      { pid: 1, uid: 1234, gid: 4321 },
    ]) {
      sender.send('who', { sender: who, fds: [file, file] });
      const received = await server.receiveMessage();
      assert.deepEqual(received.sender, who);
      assert.equal(received.fds.length, 2);
      for (const fd of received.fds) closeSync(fd);
    }
    await eventually('the relay has closed its copies', () => countOf(file) === 1);
    assert.deepEqual(relay.totals().errors, {});
  });

  it('deliver a large datagram whose sender is gone by then', async function () {
    if (process.getuid?.() !== 0) this.skip();
    const { relay, server } = await start({ credentials: 'client' });
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const sender = client(relay);
    sender.setSendBuffer(LARGE_BYTES);
    // The upstream takes no more than these, so that the relay has not looked at the large one yet.
    const first = UPSTREAM_QUEUE + 4;
    for (let i = 0; i < first; i++) await sender.sendInTime('small');
    await sender.sendInTime(Buffer.alloc(LARGE_BYTES), { sender: { pid: child.pid!, uid: 0, gid: 0 } });
    child.kill('SIGKILL');
    await once(child, 'exit');
    for (let i = 0; i < first; i++) assert.equal((await server.receiveMessage()).bytes.length, 5);
    assert.equal((await server.receiveMessage()).bytes.length, LARGE_BYTES);
    assert.deepEqual(relay.totals().errors, {});
  });

  it('do not let a client reach what it may not reach', async function () {
    if (process.getuid?.() !== 0) this.skip();
    const { relay, server } = await start({ credentials: 'client' });
    chmodSync(relay.directory, 0o755);
    chmodSync(relay.path, 0o777);
    chmodSync(relay.upstreamPath, 0o600);
    const sender = client(relay);
    sender.send('no', { sender: { pid: process.pid, uid: 1234, gid: 1234 } });
    sender.send('yes');
    assert.equal((await server.receiveMessage()).bytes.toString(), 'yes');
    assert.equal(server.receive(), 'EAGAIN');
    assert.deepEqual(relay.totals().errors, { EACCES: 1 });
    await eventually('it is said', () => relay.refusals.length === 1);
    assert.equal(relay.refusals[0].user, 1234);
  });

  it('go on with an upstream that has come back, and count what was lost meanwhile', async () => {
    const { relay, server } = await start();
    const sender = client(relay);
    sender.send('one');
    assert.equal((await server.receiveMessage()).bytes.toString(), 'one');
    server.close();
    sender.send('lost');
    await eventually('it is counted', () => relay.totals().errors['ECONNREFUSED'] === 1);
    unlinkSync(relay.upstreamPath);
    const again = MessageEnd.bind(TYPE, relay.upstreamPath, cleanup);
    sender.send('two');
    assert.equal((await again.receiveMessage()).bytes.toString(), 'two');
    assert.deepEqual(relay.totals().errors, { ECONNREFUSED: 1 });
    assert.deepEqual(relay.upstreamReports, ['ECONNREFUSED', undefined]);
  });

  describe('of clients that are bound to paths', () => {
    it('come from a path, to which nobody else can send, and of which nothing is left', async () => {
      const replies = cleanup.directory();
      const { relay, server } = await start({ replies });
      const end = MessageEnd.create(TYPE, cleanup);
      end.bind(join(relay.directory, 'client'));
      end.send('question', { to: relay.path });
      const { from } = await server.receiveMessage();
      assert.deepEqual(
        readdirSync(replies).map((name) => join(replies, name)),
        [from],
      );
      assert.equal(statSync(from as string).mode & 0o777, 0o666);
      const stranger = MessageEnd.create(TYPE, cleanup);
      assert.equal(stranger.send('forged', { to: from as string }), 'EPERM');
      assert.equal(server.send('answer', { to: from as string }), 6);
      assert.equal((await end.receiveMessage()).bytes.toString(), 'answer');
      end.close();
      await eventually('it is seen that the client is gone', () => readdirSync(replies).length === 0);
      const { opened, closed, errors } = await relay.settled();
      assert.deepEqual({ opened, closed, errors }, { opened: 1, closed: 1, errors: {} });
    });

    it('come from a name of the kernel where there is no directory for paths', async () => {
      const { relay, server } = await start({ replies: '/nonexistent/replies' });
      const end = MessageEnd.create(TYPE, cleanup);
      end.bind(join(relay.directory, 'client'));
      end.send('question', { to: relay.path });
      const { from } = await server.receiveMessage();
      assert.match(from as string, /^@/);
      server.send('answer', { to: from as string });
      assert.equal((await end.receiveMessage()).bytes.toString(), 'answer');
    });

    it('are not answered through a link that was put there instead', async () => {
      const { relay, server } = await start();
      const path = join(relay.directory, 'client');
      const [end, other] = [MessageEnd.create(TYPE, cleanup), MessageEnd.create(TYPE, cleanup)];
      other.bind(join(relay.directory, 'other'));
      end.bind(path);
      unlinkSync(path);
      symlinkSync('other', path);
      end.send('question', { to: relay.path });
      const { from } = await server.receiveMessage();
      server.send('answer', { to: from as string });
      await eventually('it is lost', () => relay.totals().errors['client_left'] === 1);
      assert.equal(other.receive(), 'EAGAIN');
    });

    it('are answered when their process binds the path again', async () => {
      const { relay, server } = await start();
      const path = join(relay.directory, 'client');
      for (let i = 0; i < 20; i++) {
        const end = MessageEnd.create(TYPE, cleanup);
        end.bind(path);
        end.send(`question ${i}`, { to: relay.path });
        const { from } = await server.receiveMessage();
        server.send(`answer ${i}`, { to: from as string });
        assert.equal((await end.receiveMessage()).bytes.toString(), `answer ${i}`);
        end.close();
        unlinkSync(path);
      }
      assert.deepEqual(relay.totals().errors, {});
    });
  });

  it('are answered where they were sent from, whoever binds the same path in turn', async function () {
    if (process.getuid?.() !== 0) this.skip();
    const { relay, server } = await start();
    const child = spawn('sleep', ['60']);
    cleanup.defer(() => child.kill());
    await once(child, 'spawn');
    const path = join(relay.directory, 'client');
    const ask = async (sender: Sender) => {
      const end = MessageEnd.create(TYPE, cleanup);
      end.bind(path);
      end.send('question', { to: relay.path, sender });
      return { end, from: (await server.receiveMessage()).from as string };
    };
    const first = await ask({ pid: process.pid, uid: 0, gid: 0 });
    unlinkSync(path);
    const second = await ask({ pid: child.pid!, uid: 0, gid: 0 });
    server.send('second', { to: second.from });
    assert.equal((await second.end.receiveMessage()).bytes.toString(), 'second');
    assert.notEqual(second.from, first.from);
    server.send('first', { to: first.from });
    second.end.send('another', { to: relay.path, sender: { pid: child.pid!, uid: 0, gid: 0 } });
    assert.equal((await server.receiveMessage()).from, second.from);
    assert.deepEqual([first.end.receive(), second.end.receive()], ['EAGAIN', 'EAGAIN']);
    assert.deepEqual(relay.totals().errors, {});
  });

  it('see within seconds that a client is gone, wherever it was bound', async () => {
    const { relay, server } = await start();
    let before = 0;
    for (let i = 0; i <= 50; i++) {
      // The first is asked for with a descriptor that stays.
      if (i === 1) {
        await relay.settled();
        before = countDescriptors();
      }
      const end = MessageEnd.create(TYPE, cleanup);
      if (i % 2 === 0) end.bind(join(relay.directory, `client-${i}`));
      else end.autobind();
      await end.sendInTime('hello', { to: relay.path });
      await server.receiveMessage();
      end.close();
    }
    const { opened, closed } = await relay.settled();
    assert.deepEqual([opened, closed], [51, 51]);
    // Those of the thread that closes others may come late.
    await eventually(
      'descriptors are closed',
      () => countDescriptors() <= before + 10,
      () => countDescriptors() - before,
    );
  });

  it('are answered after their listener was replaced, however long that takes, and all that is on its way', async () => {
    const { relay, server } = await start();
    const ends = ['path', 'abstract'].map((name) => {
      const end = MessageEnd.create(TYPE, cleanup);
      if (name === 'path') end.bind(join(relay.directory, 'client'));
      else end.autobind();
      return end;
    });
    const addresses: string[] = [];
    for (const end of ends) {
      end.send('question', { to: relay.path });
      addresses.push((await server.receiveMessage()).from as string);
    }
    for (const to of addresses) server.send('first', { to });
    for (const end of ends) assert.equal((await end.receiveMessage()).bytes.toString(), 'first');
    await relay.listener.unlisten();
    const second = relay.listen(undefined, { type: TYPE });
    await new Promise((resolve) => setTimeout(resolve, LAST_ANSWER_MS + 1000));
    for (const [i, end] of ends.entries()) {
      server.send('late', { to: addresses[i] });
      assert.equal((await end.receiveMessage()).bytes.toString(), 'late');
      end.send('again', { to: relay.path });
      const { from } = await server.receiveMessage();
      assert.notEqual(from, addresses[i]);
      end.close();
    }
    await relay.listener.ended;
    await second.unlisten(true);
    await second.ended;
  });

  it('get the answers that are on their way when nothing goes on in the place of their listener', async () => {
    const { relay, server } = await start();
    const end = MessageEnd.create(TYPE, cleanup);
    end.autobind();
    end.send('question', { to: relay.path });
    const { from } = await server.receiveMessage();
    let sent = 0;
    // More than the client has room for.
    while (sent < 3 * UPSTREAM_QUEUE) {
      if (server.send(`answer ${sent}`, { to: from as string }) !== 'EAGAIN') sent++;
      else if (sent > UPSTREAM_QUEUE + 2) break;
      else await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await relay.listener.unlisten(true);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    for (let i = 0; i < sent; i++) assert.equal((await end.receiveMessage()).bytes.toString(), `answer ${i}`);
    await relay.listener.ended;
    assert.deepEqual(relay.totals().errors, {});
  });
});
