import assert from 'node:assert/strict';
import { chmodSync, chownSync, lstatSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { getegid, geteuid } from 'node:process';
import { HeldFile } from '../../src/linux/held-file.js';
import { currentAccess, giveAccess, type SocketAccess } from '../../src/linux/socket-access.js';
import { Child } from '../support/child.js';
import { useCleanup } from '../support/cleanup.js';
import { RawListener } from '../support/raw-stream.js';

const INHERIT: SocketAccess = { mode: 'inherit', owner: 'inherit', group: 'inherit' };
const isRoot = geteuid?.() === 0;
const self = { uid: geteuid?.() ?? -1, gid: getegid?.() ?? -1 };

describe('Access to a relay socket', () => {
  const cleanup = useCleanup();

  // A plain file does for the relay socket: connect(2) looks at the same owner and mode that chmod(2) sets.
  function files(): { path: string; upstream: string } {
    const directory = cleanup.directory();
    writeFileSync(`${directory}/relay`, '', { mode: 0o600 });
    return { path: `${directory}/relay`, upstream: `${directory}/upstream` };
  }

  function listen(path: string, mode: number): void {
    RawListener.listen(path, cleanup);
    chmodSync(path, mode);
  }

  /** Whether access has to be set again once there is an upstream. */
  function apply(path: string, access: SocketAccess, upstream: string): boolean {
    const wanted = currentAccess(access, upstream);
    const file = HeldFile.at(path);
    try {
      assert.equal(giveAccess(file, wanted, access), undefined);
    } finally {
      file.close();
    }
    return wanted.isPending;
  }

  function access(path: string): { mode: number; uid: number; gid: number } {
    const { mode, uid, gid } = lstatSync(path);
    return { mode: mode & 0o7777, uid, gid };
  }

  it('is the mode and owner of the upstream', () => {
    const { path, upstream } = files();
    listen(upstream, 0o664);
    if (isRoot) chownSync(upstream, 1234, 5678);
    assert.equal(apply(path, INHERIT, upstream), false);
    assert.deepEqual(access(path), { ...(isRoot ? { uid: 1234, gid: 5678 } : self), mode: 0o664 });
  });

  it("is its owner's alone while there is no upstream to inherit from", () => {
    const { path, upstream } = files();
    chmodSync(path, 0o666);
    assert.equal(apply(path, INHERIT, upstream), true);
    assert.deepEqual(access(path), { ...self, mode: 0o600 });
  });

  it('is not inherited from a file that is not a socket, nor through a link to it', () => {
    const { path, upstream } = files();
    writeFileSync(upstream, '');
    chmodSync(upstream, 0o666);
    assert.equal(apply(path, INHERIT, upstream), true);
    assert.equal(access(path).mode, 0o600);
    symlinkSync(upstream, `${upstream}.link`);
    assert.equal(apply(path, INHERIT, `${upstream}.link`), true);
    assert.equal(access(path).mode, 0o600);
  });

  it('is inherited through a link to a socket', () => {
    const { path, upstream } = files();
    listen(upstream, 0o620);
    symlinkSync(upstream, `${upstream}.link`);
    assert.equal(apply(path, INHERIT, `${upstream}.link`), false);
    assert.equal(access(path).mode, 0o620);
  });

  it('does not wait for an upstream when nothing is inherited', () => {
    const { path, upstream } = files();
    const explicit = { mode: 0o660, owner: self.uid, group: self.gid };
    assert.equal(apply(path, explicit, upstream), false);
    assert.deepEqual(access(path), { ...self, mode: 0o660 });
  });

  it('has nothing to inherit from an abstract upstream', () => {
    const { path } = files();
    assert.equal(apply(path, INHERIT, '@abstract'), false);
    assert.deepEqual(access(path), { ...self, mode: 0o600 });
  });

  it('takes one value from the configuration and the others from the upstream', () => {
    const { path, upstream } = files();
    listen(upstream, 0o640);
    apply(path, { ...INHERIT, mode: 0o622 }, upstream);
    assert.equal(access(path).mode, 0o622);
    apply(path, { ...INHERIT, owner: self.uid, group: self.gid }, upstream);
    assert.equal(access(path).mode, 0o640);
  });

  it('is set on the held file, even if another one takes its place', () => {
    const { path, upstream } = files();
    listen(upstream, 0o666);
    writeFileSync(`${path}.victim`, '', { mode: 0o600 });
    const file = HeldFile.at(path);
    cleanup.defer(() => file.close());
    unlinkSync(path);
    symlinkSync(`${path}.victim`, path);
    giveAccess(file, currentAccess(INHERIT, upstream), INHERIT);
    assert.equal(Number(file.stat().mode) & 0o777, 0o666);
    assert.equal(access(`${path}.victim`).mode, 0o600);
  });

  it('accepts owners and groups by name', () => {
    const { path, upstream } = files();
    if (!isRoot) {
      chmodSync(path, 0o640);
      assert.throws(() => apply(path, { ...INHERIT, owner: 'root' }, upstream), /chown: EPERM/);
      return assert.equal(access(path).mode, 0o640, 'it is as it was');
    }
    apply(path, { mode: 0o600, owner: 'root', group: 'root' }, upstream);
    assert.deepEqual(access(path), { mode: 0o600, uid: 0, gid: 0 });
  });

  it('sets a group it belongs to if it may not set the owner, and reports that', async function () {
    // Only root can become a user without CAP_CHOWN.
    if (!isRoot && this.test) this.test.title += ' (needs root)';
    if (!isRoot) this.skip();
    const { path, upstream } = files();
    chmodSync(dirname(path), 0o777);
    listen(upstream, 0o660);
    chownSync(upstream, 0, 4321);
    const child = Child.start(cleanup, 'access-process', [`${path}.other`, upstream, 1234, 4321]);
    const { refused, ...rest } = await child.hear<{ refused: string }>();
    assert.deepEqual(rest, { mode: 0o660, owner: 1234, gid: 4321 });
    assert.equal(refused, 'owner 0:4321: chown: EPERM');
  });

  it('needs users and groups that exist', () => {
    const { upstream } = files();
    assert.throws(
      () => currentAccess({ ...INHERIT, owner: 'no-such-user' }, upstream),
      /no user "no-such-user" in \/etc\/passwd/,
    );
    assert.throws(
      () => currentAccess({ ...INHERIT, group: 'no-such-group' }, upstream),
      /no group "no-such-group" in \/etc\/group/,
    );
  });
});
