import assert from 'node:assert/strict';
import { chmodSync, chownSync, lstatSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { getegid, geteuid } from 'node:process';
import { applyAccess, type SocketAccess } from '../../../src/receivers/uds/socket-access.js';
import { Child } from '../../support/child.js';
import { useCleanup } from '../../support/cleanup.js';

const INHERIT: SocketAccess = { mode: 'inherit', owner: 'inherit', group: 'inherit' };
const isRoot = geteuid?.() === 0;
const self = { uid: geteuid?.() ?? -1, gid: getegid?.() ?? -1 };

describe('applyAccess', () => {
  const cleanup = useCleanup();

  // Plain files do for sockets: connect(2) looks at the same owner and mode that chmod(2) sets.
  function files(): { path: string; upstream: string } {
    const directory = cleanup.directory();
    writeFileSync(`${directory}/relay`, '', { mode: 0o600 });
    return { path: `${directory}/relay`, upstream: `${directory}/upstream` };
  }

  function access(path: string): { mode: number; uid: number; gid: number } {
    const { mode, uid, gid } = lstatSync(path);
    return { mode: mode & 0o7777, uid, gid };
  }

  it('gives the mode and owner of the upstream', () => {
    const { path, upstream } = files();
    writeFileSync(upstream, '');
    chmodSync(upstream, 0o664);
    if (isRoot) chownSync(upstream, 1234, 5678);
    const outcome = applyAccess(path, INHERIT, upstream);
    assert.deepEqual(outcome, { pending: false });
    assert.deepEqual(access(path), { ...(isRoot ? { uid: 1234, gid: 5678 } : self), mode: 0o664 });
  });

  it('keeps a socket to its owner while there is no upstream to inherit from', () => {
    const { path, upstream } = files();
    chmodSync(path, 0o666);
    assert.deepEqual(applyAccess(path, INHERIT, upstream), { pending: true });
    assert.deepEqual(access(path), { ...self, mode: 0o600 });
  });

  it('waits for nothing when nothing is inherited', () => {
    const { path, upstream } = files();
    const explicit = { mode: 0o660, owner: self.uid, group: self.gid };
    assert.deepEqual(applyAccess(path, explicit, upstream), { pending: false });
    assert.deepEqual(access(path), { ...self, mode: 0o660 });
  });

  it('has nothing to inherit from an abstract upstream', () => {
    const { path } = files();
    assert.deepEqual(applyAccess(path, INHERIT, '@abstract'), { pending: false });
    assert.deepEqual(access(path), { ...self, mode: 0o600 });
  });

  it('takes one from the configuration and the others from the upstream', () => {
    const { path, upstream } = files();
    writeFileSync(upstream, '');
    chmodSync(upstream, 0o640);
    applyAccess(path, { ...INHERIT, mode: 0o622 }, upstream);
    assert.equal(access(path).mode, 0o622);
    applyAccess(path, { ...INHERIT, owner: self.uid, group: self.gid }, upstream);
    assert.equal(access(path).mode, 0o640);
  });

  it('knows owners and groups by name', () => {
    const { path, upstream } = files();
    if (!isRoot)
      return assert.throws(() => applyAccess(path, { ...INHERIT, owner: 'root' }, upstream), /EPERM/);
    applyAccess(path, { mode: 0o600, owner: 'root', group: 'root' }, upstream);
    assert.deepEqual(access(path), { mode: 0o600, uid: 0, gid: 0 });
  });

  it('gives a group it belongs to where it may not give the owner, and says that it may not', async function () {
    // Only root can become somebody who may not.
    if (!isRoot && this.test) this.test.title += ' (needs root)';
    if (!isRoot) this.skip();
    const { path, upstream } = files();
    chmodSync(dirname(path), 0o777);
    writeFileSync(upstream, '');
    chmodSync(upstream, 0o660);
    chownSync(upstream, 0, 4321);
    const child = Child.start(cleanup, 'access-process', [`${path}.other`, upstream, 1234, 4321]);
    const { warning, ...rest } = await child.hear<{ warning: string }>();
    assert.deepEqual(rest, { pending: false, mode: 0o660, owner: 1234, gid: 4321 });
    assert.match(warning, /^cannot give .*\.other the owner 0:4321 of .*EPERM/);
  });

  it('throws for a user or group that does not exist', () => {
    const { path, upstream } = files();
    assert.throws(
      () => applyAccess(path, { ...INHERIT, owner: 'no-such-user' }, upstream),
      /no user "no-such-user" in \/etc\/passwd/,
    );
    assert.throws(
      () => applyAccess(path, { ...INHERIT, group: 'no-such-group' }, upstream),
      /no group "no-such-group" in \/etc\/group/,
    );
  });
});
