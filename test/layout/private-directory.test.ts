import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { makePrivateDirectory } from '../../src/layout/private-directory.js';
import { useCleanup } from '../support/cleanup.js';

const NOBODY = 65_534;

describe('makePrivateDirectory', () => {
  const cleanup = useCleanup();
  const isRoot = process.geteuid?.() === 0;
  let base: string;

  beforeEach(() => {
    base = cleanup.directory();
  });

  const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

  /** A directory that is there already. */
  function existing(name: string, mode: number): string {
    const path = `${base}/${name}`;
    mkdirSync(path, { recursive: true });
    chmodSync(path, mode);
    return path;
  }

  it('makes one that only its owner may enter, and on the way to it what everybody may, whatever the umask', () => {
    for (const mask of [0, 0o077]) {
      const previous = process.umask(mask);
      try {
        makePrivateDirectory(`${base}/${mask}/b/c`);
      } finally {
        process.umask(previous);
      }
      assert.deepEqual([`${base}/${mask}`, `${base}/${mask}/b`, `${base}/${mask}/b/c`].map(modeOf), [
        '755',
        '755',
        '700',
      ]);
    }
  });

  it('lets a group pass, and nothing more', () => {
    const group = process.getegid?.() ?? 0;
    makePrivateDirectory(`${base}/a`, { group });
    assert.equal(modeOf(`${base}/a`), '710');
    assert.equal(statSync(`${base}/a`).gid, group);
  });

  it('leaves the mode of one that is there, but of those that are its own by name or place', () => {
    makePrivateDirectory(existing('a', 0o755));
    assert.equal(modeOf(`${base}/a`), '755');
    for (const name of ['private', 'private/b']) {
      makePrivateDirectory(existing(name, 0o755));
      assert.equal(modeOf(`${base}/${name}`), '700', name);
    }
    makePrivateDirectory(existing('c', 0o755), { isOwn: true });
    assert.equal(modeOf(`${base}/c`), '700');
  });

  it('refuses one that others can write to, itself or on the way', () => {
    for (const name of ['a', 'private']) {
      existing(name, 0o777);
      assert.throws(
        () => makePrivateDirectory(`${base}/${name}`),
        /can be written to by others \(everybody\), who could/,
      );
      assert.throws(
        () => makePrivateDirectory(`${base}/${name}/b`),
        /can be written to by others \(everybody\), who could/,
      );
      assert.equal(modeOf(`${base}/${name}`), '777', 'it is not made to look as if it had been right');
    }
  });

  it('takes one below a directory where nobody can rename what is not his', () => {
    makePrivateDirectory(`${existing('tmp', 0o1777)}/b`);
    assert.equal(modeOf(`${base}/tmp/b`), '700');
    assert.throws(() => makePrivateDirectory(`${base}/tmp`), /can be written to by others/);
  });

  it('takes what its own group may write to, unless that is the group of root', () => {
    existing('a', 0o770);
    const make = () => makePrivateDirectory(`${base}/a`);
    if (isRoot) assert.throws(make, /can be written to by others/);
    else make();
  });

  it('follows links, and looks at every directory on their way', () => {
    mkdirSync(`${base}/real`);
    symlinkSync(`${base}/real`, `${base}/link`);
    symlinkSync('link', `${base}/relative`);
    makePrivateDirectory(`${base}/relative/a`);
    assert.equal(modeOf(`${base}/real/a`), '700');

    existing('open', 0o777);
    symlinkSync(`${base}/real`, `${base}/open/link`);
    symlinkSync(`${base}/open/link`, `${base}/there-and-back`);
    assert.throws(
      () => makePrivateDirectory(`${base}/there-and-back/a`),
      /\/open can be written to by others/,
    );

    symlinkSync('loop', `${base}/loop`);
    assert.throws(() => makePrivateDirectory(`${base}/loop/a`), /ELOOP|EEXIST|ENOENT|ENOTDIR|too many/);
  });

  it('refuses what is no directory', () => {
    writeFileSync(`${base}/file`, '');
    assert.throws(() => makePrivateDirectory(`${base}/file`), /is not a directory/);
    assert.throws(() => makePrivateDirectory(`${base}/file/a`), /ENOTDIR|EEXIST/);
  });

  it('refuses what belongs to somebody else', () => {
    if (isRoot) {
      chownSync(existing('his', 0o755), NOBODY, NOBODY);
      for (const path of ['his', 'his/b']) {
        assert.throws(
          () => makePrivateDirectory(`${base}/${path}`),
          /\/his belongs to user 65534, who could replace what is in it/,
        );
      }
    } else {
      // Everything else here is root's, whom everybody has to trust.
      makePrivateDirectory('/proc');
      assert.notEqual(modeOf('/proc'), '700');
    }
  });
});
