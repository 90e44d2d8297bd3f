import assert from 'node:assert/strict';
import { lstatSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { HeldFile, isSameFile } from '../../src/linux/held-file.js';
import { useCleanup } from '../support/cleanup.js';
import { RawListener } from '../support/raw-stream.js';

describe('HeldFile', () => {
  const cleanup = useCleanup();

  function hold(file: HeldFile): HeldFile {
    cleanup.defer(() => file.close());
    return file;
  }

  it('is the same file whatever becomes of its path', () => {
    const path = `${cleanup.directory()}/a`;
    writeFileSync(path, '', { mode: 0o600 });
    const file = hold(HeldFile.at(path));
    renameSync(path, `${path}.moved`);
    writeFileSync(path, '', { mode: 0o600 });
    file.chmod(0o640);
    assert.deepEqual(
      [path, `${path}.moved`].map((each) => lstatSync(each).mode & 0o777),
      [0o600, 0o640],
    );
    assert.ok(isSameFile(file.stat(), lstatSync(`${path}.moved`, { bigint: true })));
    assert.equal(isSameFile(file.stat(), lstatSync(path, { bigint: true })), false);
  });

  it('is a symbolic link, and not what that leads to', () => {
    const path = `${cleanup.directory()}/a`;
    symlinkSync('/etc/passwd', path);
    assert.ok(hold(HeldFile.at(path)).stat().isSymbolicLink());
  });

  it('says in few words what may not be done to it', () => {
    const file = hold(HeldFile.at('/proc/self/stat'));
    assert.throws(() => file.chmod(0o777), {
      name: 'SystemCallError',
      message: 'chmod: EPERM',
      code: 'EPERM',
    });
  });

  it('has no access list to be removed, as a rule', () => {
    const path = `${cleanup.directory()}/a`;
    writeFileSync(path, '');
    hold(HeldFile.at(path)).removeAccessList();
  });

  it('is that which a socket is bound to, where the kernel tells', () => {
    const path = `${cleanup.directory()}/a`;
    const { fd } = RawListener.listen(path, cleanup);
    const inode = lstatSync(path, { bigint: true });
    renameSync(path, `${path}.moved`);
    writeFileSync(path, '');
    const file = HeldFile.ofSocket(fd);
    // Without CAP_NET_ADMIN it does not.
    if (file === undefined) return;
    assert.ok(isSameFile(hold(file).stat(), inode));
    unlinkSync(`${path}.moved`);
    assert.ok(isSameFile(file.stat(), inode));
  });
});
