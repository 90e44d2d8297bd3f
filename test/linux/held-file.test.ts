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

  it('stays the same file when its path changes', () => {
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

  it('is a symbolic link itself, not its target', () => {
    const path = `${cleanup.directory()}/a`;
    symlinkSync('/etc/passwd', path);
    assert.ok(hold(HeldFile.at(path)).stat().isSymbolicLink());
  });

  it('reports briefly what may not be done to it', () => {
    const file = hold(HeldFile.at('/proc/self/stat'));
    assert.throws(() => file.chmod(0o777), {
      name: 'SystemCallError',
      message: 'chmod: EPERM',
      code: 'EPERM',
    });
  });

  it('removes no access list if there is none', () => {
    const path = `${cleanup.directory()}/a`;
    writeFileSync(path, '');
    hold(HeldFile.at(path)).removeAccessList();
  });

  it('is the file that a socket is bound to, if the kernel says so', () => {
    const path = `${cleanup.directory()}/a`;
    const { fd } = RawListener.listen(path, cleanup);
    const inode = lstatSync(path, { bigint: true });
    renameSync(path, `${path}.moved`);
    writeFileSync(path, '');
    const file = HeldFile.ofSocket(fd);
    // It does not without CAP_NET_ADMIN.
    if (file === undefined) return;
    assert.ok(isSameFile(hold(file).stat(), inode));
    unlinkSync(`${path}.moved`);
    assert.ok(isSameFile(file.stat(), inode));
  });
});
