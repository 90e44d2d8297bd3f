import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { ENOENT, ENOPROTOOPT, errnoName } from '../../src/linux/errno.js';
import { existsByPid, existsByPidfd, ProcReader } from '../../src/linux/proc.js';
import { close, peerPidfd } from '../../src/linux/socket.js';
import { useCleanup } from '../support/cleanup.js';
import { RawListener, RawStream } from '../support/raw-stream.js';

const CONTENT_BYTES = 64 * 1024;
const PATH_BYTES = 4096;
const NOBODY = 2 ** 22 + 1;

describe('ProcReader', () => {
  const cleanup = useCleanup();

  it("reads a process's files", () => {
    const proc = new ProcReader();
    const text = readFileSync('/proc/self/cgroup', 'utf8');
    assert.equal(proc.utf8(proc.read(process.pid, 'cgroup')), text);
    assert.equal(proc.utf8(proc.readLink(process.pid, 'exe')), process.execPath);
  });

  it('returns the errno on failure', () => {
    const root = cleanup.directory();
    mkdirSync(`${root}/7/folder`, { recursive: true });
    const proc = new ProcReader(root);
    assert.equal(proc.read(8, 'cgroup'), -ENOENT);
    assert.equal(proc.readLink(8, 'exe'), -ENOENT);
    assert.equal(errnoName(-proc.read(7, 'folder')), 'EISDIR');
  });

  it('cuts longer content', () => {
    const root = cleanup.directory();
    mkdirSync(`${root}/7`);
    const text = 'é'.repeat(CONTENT_BYTES);
    writeFileSync(`${root}/7/long`, text);
    const proc = new ProcReader(root);
    const bytes = proc.read(7, 'long');
    assert.equal(bytes, CONTENT_BYTES);
    assert.equal(proc.utf8(bytes), text.slice(0, CONTENT_BYTES / 2));
    symlinkSync('x'.repeat(PATH_BYTES - 1), `${root}/7/link`);
    assert.equal(proc.readLink(7, 'link'), PATH_BYTES - 1);
    assert.equal(proc.latin1(3), 'xxx');
  });

  it('reads short content after long content without a rest of the latter', () => {
    const root = cleanup.directory();
    mkdirSync(`${root}/7`);
    for (const text of ['a long text', 'short', '']) {
      writeFileSync(`${root}/7/file`, text);
      const proc = new ProcReader(root);
      assert.equal(proc.utf8(proc.read(7, 'file')), text);
    }
  });

  it('opens no file if the name is too long', () => {
    assert.equal(new ProcReader(`/${'x/'.repeat(PATH_BYTES)}`).read(7, 'file') < 0, true);
  });
});

describe('whether a process exists', () => {
  const cleanup = useCleanup();

  it('is known by its pid', () => {
    assert.equal(existsByPid(process.pid), true);
    assert.equal(existsByPid(NOBODY), false);
  });

  it('is known by its pidfd, which cannot be reused; before Linux 6.5 there is none, and the errno says so', async () => {
    const listener = RawListener.listen(`${cleanup.directory()}/s`, cleanup);
    RawStream.connect(listener.path, cleanup);
    const living = peerPidfd((await listener.accept(cleanup)).fd);
    if (living < 0) {
      assert.equal(living, -ENOPROTOOPT);
      return;
    }
    assert.equal(existsByPidfd(living), true);
    close(living);
    const program = `require('node:net').connect(${JSON.stringify(listener.path)}, () => process.exit())`;
    assert.equal(spawnSync(process.execPath, ['-e', program]).status, 0);
    const dead = peerPidfd((await listener.accept(cleanup)).fd);
    assert.equal(dead >= 0 && existsByPidfd(dead), false);
    if (dead >= 0) close(dead);
  });
});
