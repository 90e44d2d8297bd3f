/**
 * Who removed or replaced the file of a relay socket cut everybody off from it until the agent was started again, and nobody
 * was told.
 */
import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { Child } from '../support/child.js';
import { useCleanup } from '../support/cleanup.js';
import { countDescriptors } from '../support/descriptors.js';
import { eventually } from '../support/eventually.js';
import { RawListener, RawStream } from '../support/raw-stream.js';
import { passes, ReceiverFixture } from '../support/receiver-fixture.js';

describe('a relay socket whose file', () => {
  const cleanup = useCleanup();

  function inode(fixture: ReceiverFixture): bigint | undefined {
    return lstatSync(fixture.path('a.relay'), { bigint: true, throwIfNoEntry: false })?.ino;
  }

  async function isThere(fixture: ReceiverFixture, upstream: RawListener): Promise<void> {
    const client = await RawStream.connectInTime(fixture.path('a.relay'), cleanup);
    assert.ok(await passes(client, await upstream.accept(cleanup), 'again'));
  }

  async function relayed(more = {}) {
    const fixture = new ReceiverFixture(cleanup);
    const upstream = fixture.listen('a');
    await fixture.apply([fixture.socket('a')], more);
    return { fixture, upstream };
  }

  function said(fixture: ReceiverFixture, what: RegExp): number {
    return fixture.log.filter((line) => what.test(line)).length;
  }

  it('was removed is there again, and connections go on', async () => {
    const { fixture, upstream } = await relayed();
    const client = fixture.connect('a');
    const server = await upstream.accept(cleanup);
    assert.ok(await passes(client, server, 'before'));
    const descriptors = countDescriptors();
    unlinkSync(fixture.path('a.relay'));
    await isThere(fixture, upstream);
    assert.ok(await passes(client, server, 'as before'));
    assert.ok(await passes(server, client, 'both ways'));
    assert.equal(said(fixture, /a\.relay was removed or replaced, and has been bound anew$/), 1);
    assert.equal(fixture.total('uds.connections.opened', 'a'), 2);
    // The new connection has two, and two ends of it are ours.
    await eventually('the old socket is closed', () => countDescriptors() <= descriptors + 4);
  });

  it('was removed keeps the access that it had', async () => {
    const { fixture, upstream } = await relayed();
    const mode = lstatSync(fixture.path('a.relay')).mode;
    upstream.close();
    unlinkSync(fixture.path('a'));
    unlinkSync(fixture.path('a.relay'));
    await eventually('it is there', () => existsSync(fixture.path('a.relay')));
    await eventually('it is as it was', () => lstatSync(fixture.path('a.relay')).mode === mode);
  });

  it('was removed with its directory is there again', async () => {
    const fixture = new ReceiverFixture(cleanup);
    const upstream = fixture.listen('a');
    const listen = fixture.path('x/y/a.sock');
    await fixture.apply([fixture.socket('a', { listen })]);
    for (const remove of [
      () => rmSync(fixture.path('x'), { recursive: true }),
      () => renameSync(fixture.path('x/y'), fixture.path('moved')),
    ]) {
      remove();
      const client = await RawStream.connectInTime(listen, cleanup);
      assert.ok(await passes(client, await upstream.accept(cleanup), 'again'));
    }
  });

  it('was removed lets those in who wait in its backlog', async () => {
    const { fixture, upstream } = await relayed({ max_connections: 1 });
    const first = fixture.connect('a');
    const server = await upstream.accept(cleanup);
    assert.ok(await passes(first, server, 'first'));
    const waiting = fixture.connect('a');
    waiting.send(Buffer.from('patience'));
    const before = inode(fixture);
    unlinkSync(fixture.path('a.relay'));
    await eventually('it is bound anew', () => inode(fixture) !== undefined && inode(fixture) !== before);
    const late = await RawStream.connectInTime(fixture.path('a.relay'), cleanup);
    late.send(Buffer.from('patience'));
    first.close();
    for (let i = 0; i < 2; i++) {
      const next = await upstream.accept(cleanup);
      assert.equal(String(await next.receiveExactly(8)), 'patience');
      next.close();
      await eventually('its client is told', () => [waiting, late].some((each) => each.peek() === 'EOF'));
      for (const each of [waiting, late]) if (each.peek() === 'EOF') each.close();
    }
  });

  it('was replaced by that of a dead process is there again', async () => {
    const { fixture, upstream } = await relayed();
    unlinkSync(fixture.path('a.relay'));
    RawListener.listen(fixture.path('a.relay'), cleanup).close();
    await isThere(fixture, upstream);
  });

  it('was replaced by that of a live process does not fight for it, and says so', async () => {
    const { fixture, upstream } = await relayed();
    unlinkSync(fixture.path('a.relay'));
    const other = RawListener.listen(fixture.path('a.relay'), cleanup);
    const theirs = inode(fixture);
    await eventually(
      'it is said',
      () => said(fixture, /another process is listening there; clients do not/) === 1,
    );
    assert.match(
      fixture.receiver.problemOf(fixture.path('a.relay')) ?? '',
      /another process is listening there/,
    );
    assert.equal(inode(fixture), theirs);
    other.close();
    await isThere(fixture, upstream);
    assert.equal(fixture.receiver.problemOf(fixture.path('a.relay')), undefined);
    assert.equal(said(fixture, /another process is listening there/), 1, 'once');
  });

  it('was replaced by something else leaves that as it is', async () => {
    const { fixture, upstream } = await relayed();
    renameSync(fixture.path('a.relay'), fixture.path('moved'));
    writeFileSync(fixture.path('victim'), 'precious');
    symlinkSync(fixture.path('victim'), fixture.path('a.relay'));
    await eventually('it is said', () => said(fixture, /something that is not a socket is there/) === 1);
    assert.ok(lstatSync(fixture.path('a.relay')).isSymbolicLink());
    assert.equal(readFileSync(fixture.path('a.relay'), 'utf8'), 'precious');
    unlinkSync(fixture.path('a.relay'));
    await isThere(fixture, upstream);
  });

  it('is removed in a loop keeps nobody busy, and is there when that ends', async () => {
    const { fixture, upstream } = await relayed();
    const listen = fixture.path('a.relay');
    const hostile = Child.start(cleanup, 'swapping-process', [0, 'remove', listen, '']);
    await hostile.hear();
    const inodes = new Set<bigint | undefined>();
    const endMs = performance.now() + 1500;
    await eventually('he has had his time', () => {
      inodes.add(inode(fixture));
      return performance.now() > endMs;
    });
    await hostile.kill('SIGKILL');
    assert.ok(inodes.size <= 6, `${inodes.size} files in 1.5 s`);
    assert.ok(said(fixture, /bound anew/) <= 1);
    await isThere(fixture, upstream);
  });

  it('was removed is not there again once it is not relayed any more', async () => {
    const fixture = new ReceiverFixture(cleanup);
    fixture.listen('a');
    await fixture.apply([fixture.socket('a'), fixture.socket('b', { upstream: fixture.path('a') })]);
    unlinkSync(fixture.path('a.relay'));
    await fixture.apply([fixture.socket('b', { upstream: fixture.path('a') })]);
    unlinkSync(fixture.path('b.relay'));
    await eventually('the other is', () => existsSync(fixture.path('b.relay')));
    assert.equal(existsSync(fixture.path('a.relay')), false);
    await fixture.receiver.shutdown(0);
    mkdirSync(fixture.path('x'));
    assert.equal(existsSync(fixture.path('b.relay')), false);
  });
});
