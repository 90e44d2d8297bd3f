import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { SilentMounts } from '../../src/linux/silent-mounts.js';
import { useCleanup } from '../support/cleanup.js';
import { mountSilent } from '../support/silent-mount.js';

describe('SilentMounts', () => {
  const cleanup = useCleanup();

  it('finds a file system that does not answer, straight or by links, and asks it once', function () {
    const directory = cleanup.directory();
    const point = `${directory}/with space`;
    mkdirSync(point);
    // Only root can mount what the kernel would ask the user's program about.
    if (mountSilent(point, cleanup) === undefined) this.skip();
    symlinkSync('with space/deep', `${directory}/link`);
    const mounts = new SilentMounts();
    const startMs = performance.now();
    for (const path of ['with space', 'with space/a.sock', 'link/a.sock', 'x/../with space/b'])
      assert.deepEqual(mounts.onTheWayTo(`${directory}/${path}`), { point, type: 'fuse' }, path);
    assert.ok(performance.now() - startMs < 4000);
    assert.equal(mounts.onTheWayTo(`${directory}/a.sock`), undefined);
  });

  it('takes one that answers for what it is, whatever its type, and what leads nowhere', () => {
    const directory = cleanup.directory();
    const mounts = new SilentMounts(`54 27 0:66 / ${directory} rw - nfs4 server:/ rw\n`);
    symlinkSync('loop', `${directory}/loop`);
    for (const path of [
      directory,
      `${directory}/none`,
      `${directory}/loop/x`,
      '/proc/nope/a.sock',
      '@abstract',
      'a',
    ])
      assert.equal(mounts.onTheWayTo(path), undefined, path);
  });
});
