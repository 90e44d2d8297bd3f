import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { getegid, geteuid, setegid, seteuid } from 'node:process';
import { MAX_GROUPS } from '../../../../src/linux/credentials.js';
import { EPERM } from '../../../../src/linux/errno.js';
import { unixAddress } from '../../../../src/linux/sockaddr.js';
import { connect, listen, openStream } from '../../../../src/linux/socket.js';
import { askForSenders, receiveFromSender } from '../../../support/ancillary.js';
import { ALICE, BOB, CAROL, type Person } from '../../../support/become.js';
import { Child } from '../../../support/child.js';
import { useCleanup } from '../../../support/cleanup.js';
import { answer, ClientAs, personOf } from '../../../support/clients-as.js';
import { eventually } from '../../../support/eventually.js';
import { RawListener, RawStream } from '../../../support/raw-stream.js';
import { RelayFixture, type RelayFixtureOptions } from '../../../support/relay-fixture.js';
import { ownStatus, statuses } from '../../../support/thread-status.js';

const isRoot = geteuid?.() === 0;
const ROOT: Person = { uid: 0, gid: 0, groups: [] };
const AS_CLIENT = { listener: { credentials: 'client' } } as const;
const REFUSED = { EOF: 1 };

describe('a connection as the client', () => {
  const cleanup = useCleanup();

  /** A relay and an upstream that everybody may connect to. */
  async function start(options: RelayFixtureOptions = AS_CLIENT): Promise<RelayFixture> {
    const relay = await RelayFixture.start(cleanup, options);
    chmodSync(relay.directory, 0o755);
    for (const path of [relay.path, relay.upstreamPath]) chmodSync(path, 0o777);
    return relay;
  }

  /** Every thread of this process is itself. */
  function assertOwn(): void {
    assert.deepEqual(statuses(), [ownStatus()]);
  }

  if (!isRoot) {
    it('is not made by who may not: the client is refused, counted as EACCES, and it is said why', async () => {
      const relay = await start();
      const client = RawStream.connect(relay.path, cleanup);
      assert.equal((await client.receiveAll()).end, 'EOF');
      assert.deepEqual((await relay.settled()).errors, { EACCES: 1 });
      assert.deepEqual(relay.refusals, [{ user: geteuid?.(), reason: 'setgroups: EPERM' }]);
      assertOwn();
    });

    it('is the relay’s own where it is not asked for', async () => {
      const relay = await start({});
      const { server } = await relay.connect();
      const { uid, gid } = personOf(server);
      assert.deepEqual({ uid, gid }, { uid: geteuid?.(), gid: getegid?.() });
    });
    return;
  }

  for (const [name, person] of Object.entries({ ALICE, BOB, CAROL, ROOT })) {
    it(`has the upstream see the user, group and groups of ${name}`, async () => {
      const relay = await start();
      const client = await ClientAs.start(cleanup, person);
      const results = client.ask({ path: relay.path });
      assert.deepEqual(await answer(relay.upstream, cleanup), person);
      assert.deepEqual(await results, { seen: 1 });
      await relay.settled();
      assertOwn();
    });
  }

  for (const [name, person] of Object.entries({ ALICE, ROOT })) {
    it(`carries the bytes of ${name} in her name, for an upstream that asks who sends each message`, async () => {
      const relay = await start();
      askForSenders(relay.upstream.fd);
      // More than the upstream takes at once: a part waits in the relay.
      const client = await ClientAs.start(cleanup, person);
      const say = 'x'.repeat(200_000);
      const results = client.ask({ path: relay.path, say });
      const server = await relay.upstream.accept(cleanup);
      for (let received = 0; received < say.length; ) {
        const { text, pid, uid, gid } = await receiveFromSender(server);
        assert.deepEqual({ uid, gid }, { uid: person.uid, gid: person.gid });
        assert.equal(pid, client.child.pid);
        received += text.length;
      }
      server.send(Buffer.from('seen'));
      server.close();
      assert.deepEqual(await results, { seen: 1 });
    });
  }

  for (const credentials of ['client', 'self'] as const) {
    it(`names who sent what came before the upstream asked, having accepted (${credentials})`, async () => {
      const relay = await start({ listener: { credentials } });
      const { client, server } = await relay.connect();
      client.send(Buffer.from('x'));
      await eventually('the byte is there', () => server.peek() !== 'EAGAIN');
      askForSenders(server.fd);
      const { text, pid, uid, gid } = await receiveFromSender(server);
      assert.deepEqual({ text, pid, uid, gid }, { text: 'x', pid: process.pid, uid: 0, gid: 0 });
    });
  }

  it('carries bytes in the name of the upstream, for a client that asked who sends each before it connected', async () => {
    const relay = await start();
    setegid?.(BOB.gid);
    seteuid?.(BOB.uid);
    // Whoever listens last is the upstream, as the kernel tells it.
    listen(relay.upstream.fd, 8);
    seteuid?.(0);
    setegid?.(0);
    const fd = openStream();
    const client = new RawStream(fd);
    cleanup.defer(() => client.close());
    askForSenders(fd);
    assert.equal(connect(fd, unixAddress(relay.path)), 0);
    const server = await relay.upstream.accept(cleanup);
    server.send(Buffer.from('seen'));
    const { pid, uid, gid } = await receiveFromSender(client);
    assert.deepEqual({ pid, uid, gid }, { pid: process.pid, uid: BOB.uid, gid: BOB.gid });
  });

  it('is not made where the relay is to be itself', async () => {
    const relay = await start({});
    const results = (await ClientAs.start(cleanup, ALICE)).ask({ path: relay.path });
    assert.equal((await answer(relay.upstream, cleanup)).uid, 0);
    assert.deepEqual(await results, { seen: 1 });
  });

  it('is made by the right one of many who come at once', async () => {
    const relay = await start({ ...AS_CLIENT, threads: 2 });
    const times = 1000;
    const people = [ALICE, BOB, CAROL];
    const clients = await Promise.all(people.map((person) => ClientAs.start(cleanup, person)));
    const results = clients.map((client, i) =>
      client.ask({ path: relay.path, times, say: String(people[i].uid) }),
    );
    for (let i = 0; i < times * people.length; i++) {
      const server = await relay.upstream.accept(cleanup);
      const text = (await server.receiveExactly(5)).toString();
      assert.deepEqual(
        personOf(server),
        people.find(({ uid }) => String(uid) === text),
      );
      server.send(Buffer.from('seen'));
      server.close();
    }
    assert.deepEqual(
      await Promise.all(results),
      people.map(() => ({ seen: times })),
    );
    assertOwn();
  }).timeout(60_000);

  it('that waits for room in the backlog is made as its client, and the thread is itself between attempts', async () => {
    const relay = await start({ ...AS_CLIENT, upstreamBacklog: 0 });
    const blocker = RawStream.connect(relay.upstreamPath, cleanup);
    const results = [];
    for (const person of [ALICE, BOB]) {
      results.push((await ClientAs.start(cleanup, person)).ask({ path: relay.path }));
      await eventually('it waits', () => relay.totals().opened === results.length);
    }
    const looks = Array.from({ length: 200 }, () => statuses().length);
    const others = looks.filter((different) => different > 1).length;
    assert.ok(others < looks.length / 2, `${others} of ${looks.length} looks found it to be somebody else`);
    (await relay.upstream.accept(cleanup)).close();
    blocker.close();
    assert.deepEqual(
      [await answer(relay.upstream, cleanup), await answer(relay.upstream, cleanup)],
      [ALICE, BOB],
    );
    assert.deepEqual(await Promise.all(results), [{ seen: 1 }, { seen: 1 }]);
    assertOwn();
  });

  describe('that the client could not have made itself', () => {
    it('is refused by the mode of the upstream', async () => {
      const relay = await start();
      chmodSync(relay.upstreamPath, 0o770);
      chownSync(relay.upstreamPath, BOB.uid, ALICE.groups[1]);
      const clients = await Promise.all([ALICE, BOB, CAROL].map((person) => ClientAs.start(cleanup, person)));
      const results = clients.map((client) => client.ask({ path: relay.path }));
      const seen = [await answer(relay.upstream, cleanup), await answer(relay.upstream, cleanup)]
        .map(({ uid }) => uid)
        .sort();
      assert.deepEqual(seen, [ALICE.uid, BOB.uid]);
      assert.deepEqual(await Promise.all(results), [{ seen: 1 }, { seen: 1 }, REFUSED]);
      assert.deepEqual((await relay.settled()).errors, { EACCES: 1 });
      assert.deepEqual(relay.refusals, [{ user: CAROL.uid, reason: 'EACCES' }]);
      assert.deepEqual(relay.upstreamReports, [], 'the upstream is well');
      assertOwn();
    });

    it('is refused by a folder above the upstream, and said once', async () => {
      const folder = cleanup.directory();
      const upstream = RawListener.listen(`${folder}/upstream`, cleanup);
      chmodSync(upstream.path, 0o777);
      const relay = await start({ listener: { credentials: 'client', upstream: upstream.path } });
      const client = await ClientAs.start(cleanup, ALICE);
      assert.deepEqual(await client.ask({ path: relay.path, times: 5 }), { EOF: 5 });
      assert.deepEqual((await relay.settled()).errors, { EACCES: 5 });
      assert.equal(relay.refusals.length, 1);
      chmodSync(folder, 0o711);
      const results = client.ask({ path: relay.path });
      assert.deepEqual(await answer(upstream, cleanup), ALICE);
      assert.deepEqual(await results, { seen: 1 });
    });

    it('is refused by what has taken the place of the upstream', async () => {
      const relay = await start();
      const secret = cleanup.directory();
      const hidden = RawListener.listen(`${secret}/socket`, cleanup);
      chmodSync(hidden.path, 0o777);
      renameSync(relay.upstreamPath, `${relay.upstreamPath}.old`);
      symlinkSync(hidden.path, relay.upstreamPath);
      assert.deepEqual(await (await ClientAs.start(cleanup, ALICE)).ask({ path: relay.path }), REFUSED);
      assert.equal(hidden.tryAccept(cleanup), undefined);
      assertOwn();
    });

    it('is refused to root without capabilities, and made for root with them', async () => {
      const folder = cleanup.directory();
      mkdirSync(`${folder}/in`, { mode: 0o700 });
      const upstream = RawListener.listen(`${folder}/in/upstream`, cleanup);
      chmodSync(upstream.path, 0o600);
      for (const path of [upstream.path, `${folder}/in`]) chownSync(path, ALICE.uid, ALICE.gid);
      const relay = await start({ listener: { credentials: 'client', upstream: upstream.path } });
      const client = await ClientAs.start(cleanup, ROOT);
      const results = client.ask({ path: relay.path });
      assert.deepEqual(await answer(upstream, cleanup), ROOT);
      assert.deepEqual(await results, { seen: 1 });
      assert.deepEqual(await client.ask({ path: relay.path, without: 'capabilities' }), REFUSED);
      assertOwn();
    });

    it('is refused to somebody in more groups than are taken over', async () => {
      const relay = await start();
      const groups = Array.from({ length: MAX_GROUPS + 1 }, (_, i) => 60_000 + i);
      const some = { ...BOB, groups: groups.slice(1) };
      const many = await ClientAs.start(cleanup, { ...ALICE, groups });
      assert.deepEqual(await many.ask({ path: relay.path }), REFUSED);
      const results = (await ClientAs.start(cleanup, some)).ask({ path: relay.path });
      assert.deepEqual(await answer(relay.upstream, cleanup), some);
      assert.deepEqual(await results, { seen: 1 });
      assert.deepEqual(relay.refusals, [{ user: ALICE.uid, reason: 'in more than 1024 groups' }]);
      assertOwn();
    });
  });

  describe('of a relay that the kernel fails', () => {
    async function startProcess() {
      const directory = cleanup.directory();
      chmodSync(directory, 0o755);
      const [path, upstreamPath] = [`${directory}/relay`, `${directory}/upstream`];
      const upstream = RawListener.listen(upstreamPath, cleanup);
      const relay = Child.start(cleanup, 'client-relay-process', [path, upstreamPath]);
      assert.equal(await relay.hear(), 'listening');
      for (const each of [path, upstreamPath]) chmodSync(each, 0o777);
      return { path, upstream, relay };
    }

    it('half way, is refused, and the next one made', async () => {
      const { path, upstream, relay } = await startProcess();
      const [alice, bob] = [await ClientAs.start(cleanup, ALICE), await ClientAs.start(cleanup, BOB)];
      const first = bob.ask({ path });
      assert.deepEqual(await answer(upstream, cleanup), BOB);
      assert.deepEqual(await first, { seen: 1 });
      relay.say({ deny: ALICE.uid, errno: EPERM });
      assert.equal(await relay.hear(), 'denied');
      assert.deepEqual(await alice.ask({ path }), REFUSED);
      assert.deepEqual(await relay.hear(), { refused: { user: ALICE.uid, reason: 'setresuid: EPERM' } });
      relay.say('status');
      const { threads, errors } = await relay.hear<{ threads: string[]; errors: object }>();
      assert.deepEqual([threads, errors], [[ownStatus()], { EACCES: 1 }]);
      const results = bob.ask({ path });
      assert.deepEqual(await answer(upstream, cleanup), BOB);
      assert.deepEqual(await results, { seen: 1 });
    });

    it('on the way back, is the last one: the thread ends and says so', async () => {
      const { path, upstream, relay } = await startProcess();
      const alice = await ClientAs.start(cleanup, ALICE);
      const first = alice.ask({ path });
      assert.deepEqual(await answer(upstream, cleanup), ALICE);
      assert.deepEqual(await first, { seen: 1 });
      relay.say({ deny: 0, errno: EPERM });
      assert.equal(await relay.hear(), 'denied');
      alice.child.say({ path });
      const { died } = await relay.hear<{ died: string }>();
      assert.match(died, /^CredentialsLostError: .* cannot restore its own credentials: setresuid: EPERM$/);
      // It is said before the thread is gone.
      let status: { threads: string[]; opened: number };
      do {
        relay.say('status');
        status = await relay.hear();
      } while (status.threads.length > 1);
      assert.deepEqual(status.threads, [ownStatus()]);
      assert.equal(status.opened, 1);
      // It still listens, for the process lives; but nobody accepts.
      assert.equal(RawStream.tryConnect(path, cleanup) instanceof RawStream, true);
      relay.say('status');
      assert.equal((await relay.hear<{ opened: number }>()).opened, 1);
    });
  });
});
