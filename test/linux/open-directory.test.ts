import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { geteuid, umask } from 'node:process';
import { openDirectory } from '../../src/linux/open-directory.js';
import { useCleanup } from '../support/cleanup.js';
import { countDescriptors } from '../support/descriptors.js';

const isRoot = geteuid?.() === 0;

describe('openDirectory', () => {
  const cleanup = useCleanup();

  function open(path: string, create = false) {
    const opened = openDirectory(path, { create });
    cleanup.defer(() => opened.directory.close());
    return opened;
  }

  /** A directory that others can change: another user's, if we may create one. */
  function exposed(path: string): RegExp {
    mkdirSync(path);
    if (isRoot) chownSync(path, 4242, 4242);
    else chmodSync(path, 0o777);
    return isRoot ? /exposed belongs to user 4242$/ : /exposed can be written to by others \(everybody\)$/;
  }

  function refuses(path: string, message: RegExp, create = false): void {
    const descriptors = countDescriptors();
    assert.throws(() => openDirectory(path, { create }), message);
    assert.equal(countDescriptors(), descriptors);
  }

  it('holds a directory even if it is moved', () => {
    const root = cleanup.directory();
    mkdirSync(`${root}/a`);
    writeFileSync(`${root}/a/file`, '');
    const { directory, exposure } = open(`${root}/a`);
    renameSync(`${root}/a`, `${root}/b`);
    mkdirSync(`${root}/a`);
    assert.ok(directory.look('file')?.isFile());
    assert.equal(directory.look('other'), undefined);
    assert.equal(exposure, undefined);
  });

  it('creates missing directories with create, with mode 0755 whatever the umask is', () => {
    const root = cleanup.directory();
    refuses(`${root}/a/b`, new RegExp(`ENOENT: ${root}/a$`));
    const previous = umask(0o077);
    try {
      open(`${root}/a/b`, true);
      assert.equal(umask(), 0o077);
    } finally {
      umask(previous);
    }
    for (const made of [`${root}/a`, `${root}/a/b`]) assert.equal(statSync(made).mode & 0o7777, 0o755);
  });

  it('follows a limited number of links', () => {
    const root = cleanup.directory();
    mkdirSync(`${root}/a/b`, { recursive: true });
    writeFileSync(`${root}/a/b/file`, '');
    symlinkSync('a', `${root}/relative`);
    symlinkSync(`${root}/relative/../relative/b`, `${root}/absolute`);
    assert.ok(open(`${root}/absolute`).directory.look('file'));
    symlinkSync('loop', `${root}/loop`);
    refuses(`${root}/loop`, new RegExp(`ELOOP: ${root}/loop$`));
  });

  it('says what is in the way', () => {
    const root = cleanup.directory();
    writeFileSync(`${root}/file`, '');
    refuses(`${root}/file/a`, new RegExp(`ENOTDIR: ${root}/file is not a directory$`), true);
  });

  it('says who else can change the directory or the path to it', () => {
    const root = cleanup.directory();
    const reason = exposed(`${root}/exposed`);
    mkdirSync(`${root}/exposed/below`);
    assert.match(open(`${root}/exposed`).exposure ?? '', reason);
    assert.match(open(`${root}/exposed/below`).exposure ?? '', reason);
    chmodSync(root, 0o770);
    // A user's own group has no other member.
    if (isRoot) assert.match(open(root).exposure ?? '', /can be written to by others \(group 0\)$/);
    else assert.equal(open(root).exposure, undefined);
    chmodSync(root, 0o1777);
    assert.equal(open(root).exposure, undefined, 'nobody may remove what belongs to others');
  });

  it('follows no link that others may have created', () => {
    const root = cleanup.directory();
    const reason = exposed(`${root}/exposed`);
    mkdirSync(`${root}/secret`);
    symlinkSync(`${root}/secret`, `${root}/exposed/link`);
    refuses(`${root}/exposed/link/made`, /exposed\/link is a symbolic link and is not followed: /, true);
    refuses(`${root}/exposed/link/made`, reason, true);
    assert.equal(existsSync(`${root}/secret/made`), false);
  });

  it('follows no link of another user in a sticky directory', function () {
    // Only root can create links that belong to others.
    if (!isRoot && this.test) this.test.title += ' (needs root)';
    if (!isRoot) this.skip();
    const root = cleanup.directory();
    chmodSync(root, 0o1777);
    mkdirSync(`${root}/a`);
    symlinkSync('a', `${root}/ours`);
    symlinkSync('a', `${root}/theirs`);
    lchownSync(`${root}/theirs`, 4242, 4242);
    open(`${root}/ours`);
    refuses(`${root}/theirs`, /theirs is a symbolic link and is not followed: it belongs to user 4242$/);
  });
});
