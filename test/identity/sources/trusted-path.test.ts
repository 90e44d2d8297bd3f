import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { findTrusted, isClosed, ownOwners } from '../../../src/identity/sources/trusted-path.js';
import { useCleanup } from '../../support/cleanup.js';

const OTHER_UID = 54_321;
const isRoot = process.geteuid?.() === 0;

describe('findTrusted', () => {
  const cleanup = useCleanup();
  let root = '';
  beforeEach(() => {
    root = realpathSync(cleanup.directory());
    mkdirSync(join(root, 'a'));
    chmodSync(join(root, 'a'), 0o755);
    writeFileSync(join(root, 'a', 'f'), 'x');
  });

  const find = (path: string, more = {}) => findTrusted(join(root, path), { owners: ownOwners(), ...more });
  const pathOf = (path: string, more = {}) => {
    const found = find(path, more);
    return 'problem' in found ? found.problem : found.path.slice(root.length);
  };

  it('finds a path that only root and our user can have created, also below a sticky directory', () => {
    const found = find('a/f');
    assert.ok(!('problem' in found));
    assert.equal(found.path, join(root, 'a/f'));
    assert.equal(found.stats.ino, lstatSync(join(root, 'a/f')).ino);
    assert.equal(found.directory.ino, lstatSync(join(root, 'a')).ino);
    chmodSync(join(root, 'a'), 0o1777);
    mkdirSync(join(root, 'a', 'b'), { mode: 0o755 });
    assert.equal(pathOf('a/b/../f'), '/a/f');
    assert.equal(pathOf('/'), '');
  });

  it('follows links that only root and our user can have created, and one at the end with followsLast', () => {
    symlinkSync('a', join(root, 'relative'));
    symlinkSync(join(root, 'a'), join(root, 'absolute'));
    symlinkSync('../a/../absolute/f', join(root, 'a', 'last'));
    assert.equal(pathOf('relative/f'), '/a/f');
    assert.equal(pathOf('absolute/f'), '/a/f');
    assert.equal(pathOf('a/last'), '/a/last');
    assert.equal(pathOf('a/last', { followsLast: true }), '/a/f');
    symlinkSync('loop', join(root, 'loop'));
    assert.equal(pathOf('loop', { followsLast: true }), 'has too many symbolic links');
  });

  it('finds nothing below a directory that others can write to', () => {
    for (const mode of [0o775, 0o757, 0o777]) {
      chmodSync(join(root, 'a'), mode);
      assert.match(pathOf('a/f'), /^is below .*\/a, which others can write to$/);
    }
    symlinkSync('a', join(root, 'link'));
    assert.match(pathOf('link/f'), /which others can write to/);
  });

  it('says whether the path exists', () => {
    const none = find('a/none');
    assert.deepEqual('problem' in none && none.isThere, false);
    assert.match(pathOf('a/f/g'), /which is not a directory/);
    assert.match(pathOf('a/none/g'), /ENOENT/);
  });

  it('does not enter directories to be avoided', () => {
    assert.match(pathOf('a/f', { avoided: new Set([join(root, 'a')]) }), /a FUSE or autofs mount/);
    symlinkSync('a', join(root, 'link'));
    assert.match(pathOf('link/f', { avoided: new Set([join(root, 'a')]) }), /a FUSE or autofs mount/);
  });

  (isRoot ? it : it.skip)('finds nothing that another user can have put there (needs root)', () => {
    symlinkSync('a', join(root, 'link'));
    chownSync(join(root, 'a'), OTHER_UID, 0);
    assert.match(pathOf('a/f'), /^is below .*\/a, which belongs to user 54321$/);
    assert.match(pathOf('link/f'), /belongs to user 54321/);
    assert.equal(pathOf('a/f', { owners: new Set([OTHER_UID]) }), '/a/f');
  });

  it('considers a file closed if nobody else can write to it', () => {
    const file = join(root, 'a', 'f');
    for (const [mode, closed] of [
      [0o600, true],
      [0o644, true],
      [0o664, false],
      [0o646, false],
    ] as const) {
      chmodSync(file, mode);
      assert.equal(isClosed(lstatSync(file), ownOwners()), closed);
      assert.equal(isClosed(lstatSync(file), new Set()), false);
    }
  });
});
