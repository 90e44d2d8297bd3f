/**
 * A relay socket got the mode and owner of its upstream once. When the upstream was closed to others later, or made anew with
 * another mode, everybody still came in through the relay.
 */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { geteuid } from 'node:process';
import { asidePath } from '../../src/linux/front.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { ReceiverFixture } from '../support/receiver-fixture.js';

describe('the access of a relay socket', () => {
  const cleanup = useCleanup();

  function accessOf(fixture: ReceiverFixture, name: string) {
    // While the upstream is down the file may be aside.
    const path = fixture.path(`${name}.relay`);
    const { mode, uid, gid } = lstatSync(path, { throwIfNoEntry: false }) ?? lstatSync(asidePath(path));
    return { mode: mode & 0o7777, uid, gid };
  }

  async function becomes(fixture: ReceiverFixture, name: string, mode: number): Promise<void> {
    const state = () => accessOf(fixture, name).mode.toString(8);
    await eventually(
      `${name} has mode ${mode.toString(8)}`,
      () => accessOf(fixture, name).mode === mode,
      state,
    );
  }

  it('follows the mode of its upstream, and its owner', async () => {
    const fixture = new ReceiverFixture(cleanup);
    fixture.listen('a');
    chmodSync(fixture.path('a'), 0o666);
    await fixture.apply([
      fixture.socket('a'),
      fixture.socket('fixed', { upstream: fixture.path('a'), mode: '0622' }),
    ]);
    await becomes(fixture, 'a', 0o666);
    chmodSync(fixture.path('a'), 0o600);
    await becomes(fixture, 'a', 0o600);
    if (geteuid?.() === 0) {
      chownSync(fixture.path('a'), 1234, 5678);
      await eventually('the owner has changed', () => accessOf(fixture, 'a').uid === 1234);
      assert.deepEqual(accessOf(fixture, 'a'), { mode: 0o600, uid: 1234, gid: 5678 });
    }
    assert.equal(accessOf(fixture, 'fixed').mode, 0o622);
  });

  it('is that of an upstream that was made anew, and stays while there is none', async () => {
    const fixture = new ReceiverFixture(cleanup);
    const first = fixture.listen('a');
    chmodSync(fixture.path('a'), 0o666);
    await fixture.apply([fixture.socket('a')]);
    first.close();
    unlinkSync(fixture.path('a'));
    await fixture.apply([fixture.socket('a')]);
    assert.equal(accessOf(fixture, 'a').mode, 0o666);
    fixture.listen('a');
    chmodSync(fixture.path('a'), 0o640);
    await becomes(fixture, 'a', 0o640);
  });

  it('is that of an upstream whose directory was not there, or was made anew', async () => {
    const fixture = new ReceiverFixture(cleanup);
    await fixture.apply([fixture.socket('a', { upstream: fixture.path('run/service/a') })]);
    for (const mode of [0o660, 0o606]) {
      mkdirSync(fixture.path('run/service'), { recursive: true });
      fixture.listen('run/service/a');
      chmodSync(fixture.path('run/service/a'), mode);
      await becomes(fixture, 'a', mode);
      rmSync(fixture.path('run'), { recursive: true });
    }
  });

  it('is that of the socket that a link leads to', async () => {
    const fixture = new ReceiverFixture(cleanup);
    mkdirSync(fixture.path('real'));
    fixture.listen('real/a');
    chmodSync(fixture.path('real/a'), 0o666);
    symlinkSync(fixture.path('real/a'), fixture.path('a'));
    await fixture.apply([fixture.socket('a')]);
    await becomes(fixture, 'a', 0o666);
    chmodSync(fixture.path('real/a'), 0o600);
    await becomes(fixture, 'a', 0o600);
    fixture.listen('real/b');
    chmodSync(fixture.path('real/b'), 0o620);
    unlinkSync(fixture.path('a'));
    symlinkSync(fixture.path('real/b'), fixture.path('a'));
    await becomes(fixture, 'a', 0o620);
    chmodSync(fixture.path('real/b'), 0o602);
    await becomes(fixture, 'a', 0o602);
  });

  it('is not that of a file in the place of its upstream', async () => {
    const fixture = new ReceiverFixture(cleanup);
    const upstream = fixture.listen('a');
    chmodSync(fixture.path('a'), 0o600);
    await fixture.apply([fixture.socket('a'), fixture.socket('b', { upstream: fixture.path('a') })]);
    unlinkSync(fixture.path('a'));
    writeFileSync(fixture.path('a'), '');
    chmodSync(fixture.path('a'), 0o666);
    upstream.close();
    unlinkSync(fixture.path('a'));
    fixture.listen('a');
    chmodSync(fixture.path('a'), 0o620);
    await becomes(fixture, 'b', 0o620);
    await becomes(fixture, 'a', 0o620);
  });

  it('is given again when the configuration is loaded, also where that has not changed', async () => {
    const fixture = new ReceiverFixture(cleanup);
    fixture.listen('a');
    chmodSync(fixture.path('a'), 0o640);
    const sockets = [fixture.socket('a'), fixture.socket('b', { upstream: fixture.path('a'), mode: '0604' })];
    await fixture.apply(sockets);
    for (const name of ['a', 'b']) chmodSync(fixture.path(`${name}.relay`), 0o666);
    await fixture.apply(sockets);
    assert.deepEqual(
      ['a', 'b'].map((name) => accessOf(fixture, name).mode),
      [0o640, 0o604],
    );
  });
});
