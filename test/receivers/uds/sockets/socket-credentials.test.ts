import assert from 'node:assert/strict';
import { chmodSync, existsSync } from 'node:fs';
import { geteuid } from 'node:process';
import { Capabilities } from '../../../../src/linux/capabilities.js';
import { type UdsSocketConfig, udsSocketSchema } from '../../../../src/receivers/uds/config.js';
import {
  CredentialsError,
  checkCredentials,
  credentialsNotice,
  usedCredentials,
} from '../../../../src/receivers/uds/sockets/socket-credentials.js';
import { ALICE, BOB } from '../../../support/become.js';
import { useCleanup } from '../../../support/cleanup.js';
import { answer, ClientAs, personOf } from '../../../support/clients-as.js';
import { passes, ReceiverFixture } from '../../../support/receiver-fixture.js';

const isRoot = geteuid?.() === 0;
const OBSTACLE = 'setgroups: EPERM';

function socketWith(credentials?: string): UdsSocketConfig {
  return udsSocketSchema.parse({ name: 'db', listen: '/run/a', upstream: '/run/b', credentials });
}

describe('the credentials of a socket', () => {
  it('are the client’s where the relay may, unless they are written', () => {
    assert.equal(usedCredentials(socketWith(), undefined), 'client');
    assert.equal(usedCredentials(socketWith(), OBSTACLE), 'self');
    assert.equal(usedCredentials(socketWith('self'), undefined), 'self');
    assert.equal(usedCredentials(socketWith('client'), undefined), 'client');
  });

  it('cannot be the client’s by order where the relay may not', () => {
    assert.throws(
      () => checkCredentials(socketWith('client'), OBSTACLE),
      /needs CAP_SETUID and CAP_SETGID.*setgroups: EPERM.*credentials: self/,
    );
    checkCredentials(socketWith('client'), undefined);
    checkCredentials(socketWith('self'), OBSTACLE);
    checkCredentials(socketWith(), OBSTACLE);
  });

  it('are nothing to speak of when they are the client’s', () => {
    assert.equal(credentialsNotice(socketWith(), undefined), undefined);
    assert.equal(credentialsNotice(socketWith('client'), undefined), undefined);
  });

  it('are said when they are the relay’s, loudly when that is root', () => {
    const level = isRoot ? 'warn' : 'info';
    for (const [socket, reason] of [
      [socketWith('self'), 'as configured'],
      [socketWith(), OBSTACLE],
    ] as const) {
      const notice = credentialsNotice(socket, OBSTACLE);
      assert.equal(notice?.level, level);
      assert.match(notice.text, /^db: .*\/run\/b/);
      assert.ok(notice.text.includes(reason), notice.text);
      assert.equal(/EVERY CLIENT IS ROOT/.test(notice.text), isRoot);
    }
  });
});

describe('a receiver without the right to act as others', () => {
  const cleanup = useCleanup();

  /** Threads have what the one that starts them has. */
  async function withoutCapabilities<T>(action: () => Promise<T>): Promise<T> {
    const capabilities = new Capabilities();
    capabilities.lower(0);
    try {
      return await action();
    } finally {
      capabilities.raise();
    }
  }

  it('is itself to its upstreams, and says so of each', async () => {
    const fixture = new ReceiverFixture(cleanup);
    const upstream = fixture.listen('a');
    await withoutCapabilities(() => fixture.apply([fixture.socket('a')]));
    const client = fixture.connect('a');
    const server = await upstream.accept(cleanup);
    assert.equal(personOf(server).uid, geteuid?.());
    assert.ok(await passes(client, server, 'hello'));
    const said = fixture.log.filter((line) => line.startsWith('a: '));
    assert.equal(said.length, 1, fixture.log.join('\n'));
    assert.match(
      said[0],
      isRoot ? /EVERY CLIENT IS ROOT.*setgroups: EPERM/ : /not its clients.*setgroups: EPERM/,
    );
  });

  it('does not start where it is told to act as others, and leaves nothing behind', async () => {
    const fixture = new ReceiverFixture(cleanup);
    const sockets = [fixture.socket('a'), fixture.socket('b', { credentials: 'client' })];
    await assert.rejects(
      withoutCapabilities(() => fixture.prepare(sockets)),
      (error) => error instanceof CredentialsError && error.path === fixture.path('b.relay'),
    );
    for (const { listen } of sockets) assert.equal(existsSync(listen), false);
  });

  it('adds no socket that tells it to', async () => {
    const fixture = new ReceiverFixture(cleanup);
    const socket = udsSocketSchema.parse(fixture.socket('b', { credentials: 'client' }));
    await withoutCapabilities(async () => {
      await fixture.apply([fixture.socket('a')]);
      await assert.rejects(fixture.receiver.add(socket), CredentialsError);
      await fixture.receiver.add(udsSocketSchema.parse(fixture.socket('c')));
    });
    assert.equal(existsSync(fixture.path('b.relay')), false);
    assert.ok(fixture.log.some((line) => /^c: .*setgroups: EPERM/.test(line)));
  });
});

// Nobody else has it: what becomes of their sockets is above.
const describeAsRoot = isRoot ? describe : describe.skip;

describeAsRoot('a receiver with the right to act as others (needs root)', () => {
  const cleanup = useCleanup();

  /** A socket that everybody may connect to. */
  async function start(more: object = {}) {
    const fixture = new ReceiverFixture(cleanup);
    chmodSync(fixture.directory, 0o755);
    const upstream = fixture.listen('a');
    chmodSync(upstream.path, 0o777);
    const apply = (changed: object) => fixture.apply([fixture.socket('a', changed)]);
    await apply(more);
    return { fixture, upstream, apply, order: { path: fixture.path('a.relay') } };
  }

  it('changes whose credentials they are with a reload, for new connections', async () => {
    const { upstream, apply, order, fixture } = await start({ credentials: 'self' });
    const alice = await ClientAs.start(cleanup, ALICE);
    const first = alice.ask(order);
    const server = await upstream.accept(cleanup);
    assert.equal(personOf(server).uid, 0);
    await apply({});
    const second = (await ClientAs.start(cleanup, BOB)).ask(order);
    assert.deepEqual(await answer(upstream, cleanup), BOB);
    assert.deepEqual(await second, { seen: 1 });
    server.send(Buffer.from('still there'));
    server.close();
    assert.deepEqual(await first, { 'still there': 1 });
    assert.equal(fixture.log.filter((line) => /EVERY CLIENT IS ROOT/.test(line)).length, 1);
    await apply({ credentials: 'self' });
    const third = alice.ask(order);
    assert.equal((await answer(upstream, cleanup)).uid, 0);
    assert.deepEqual(await third, { seen: 1 });
  });

  it('has sockets that are added do the same', async () => {
    const { fixture } = await start({ credentials: 'self' });
    const upstream = fixture.listen('b');
    chmodSync(upstream.path, 0o777);
    await fixture.receiver.add(udsSocketSchema.parse(fixture.socket('b')));
    const results = (await ClientAs.start(cleanup, ALICE)).ask({ path: fixture.path('b.relay') });
    assert.deepEqual(await answer(upstream, cleanup), ALICE);
    assert.deepEqual(await results, { seen: 1 });
  });

  it('says of a client that may not connect that it is the client, and the upstream is well', async () => {
    const { fixture, upstream, order } = await start({ mode: '0777' });
    chmodSync(upstream.path, 0o700);
    const alice = await ClientAs.start(cleanup, ALICE);
    assert.deepEqual(await alice.ask({ ...order, times: 20 }), { EOF: 20 });
    assert.equal(fixture.total('uds.connection.errors', 'a'), 20);
    const said = fixture.log.filter((line) => line.includes('EACCES'));
    assert.equal(said.length, 1, said.join('\n'));
    assert.match(said[0], /^a: a client of user 40001 may not connect to .* and is refused: EACCES/);
  });
});
