import assert from 'node:assert/strict';
import { existsSync, linkSync, lstatSync, readdirSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Appearance, asidePath, type Front } from '../../src/linux/front.js';
import { ListenSocket } from '../../src/linux/unix-listener.js';
import { useCleanup } from '../support/cleanup.js';
import { countDescriptors } from '../support/descriptors.js';
import { RawListener, RawStream } from '../support/raw-stream.js';

const APPEARANCES: readonly Appearance[] = ['shown', 'refusing', 'absent'];
const MEETS = { shown: 'connected', refusing: 'ECONNREFUSED', absent: 'ENOENT' };

describe('Front', () => {
  const cleanup = useCleanup();

  function listening(): { path: string; front: Front; inode: bigint } {
    const path = `${cleanup.directory()}/a.sock`;
    const socket = ListenSocket.bind(path);
    cleanup.defer(() => socket.discard());
    socket.listen();
    assert.ok(socket.front !== undefined);
    return { path, front: socket.front, inode: inodeAt(path) };
  }

  function inodeAt(path: string): bigint {
    return lstatSync(path, { bigint: true }).ino;
  }

  function meets(path: string): string {
    const client = RawStream.tryConnect(path, cleanup);
    return typeof client === 'string' ? client : 'connected';
  }

  const undressed = () => {};

  it('becomes each appearance from every other, and is the same inode whenever it is shown', () => {
    const { path, front, inode } = listening();
    for (const from of APPEARANCES) {
      for (const to of APPEARANCES) {
        front.appear(from, undressed);
        front.appear(to, undressed);
        assert.equal(meets(path), MEETS[to], `from ${from} to ${to}`);
        assert.equal(inodeAt(to === 'shown' ? path : asidePath(path)), inode);
        assert.ok(front.isInPlace);
      }
    }
    front.appear('shown', undressed);
    assert.deepEqual(readdirSync(dirname(path)), [basename(path)]);
  });

  it('leaves nothing behind, whatever it looked like, and no descriptor', () => {
    const descriptors = countDescriptors();
    for (const appearance of APPEARANCES) {
      const path = `${cleanup.directory()}/b.sock`;
      const socket = ListenSocket.bind(path);
      socket.listen();
      socket.front?.appear(appearance, undressed);
      socket.close();
      assert.deepEqual(readdirSync(dirname(path)), []);
    }
    assert.equal(countDescriptors(), descriptors);
  });

  it('gives the placeholder the access that it is told to', () => {
    const { path, front } = listening();
    front.appear('refusing', (file) => file.chmod(0o640));
    assert.equal(Number(lstatSync(path).mode) & 0o777, 0o640);
  });

  it('does not hide what others have put at the path', () => {
    const { path, front } = listening();
    unlinkSync(path);
    RawListener.listen(path, cleanup);
    const inode = inodeAt(path);
    for (const appearance of ['refusing', 'absent'] as const) {
      assert.throws(() => front.appear(appearance, undressed), /something else is at/);
      assert.equal(inodeAt(path), inode);
      assert.equal(meets(path), 'connected');
    }
    assert.ok(!existsSync(asidePath(path)));
  });

  it('stays aside while a server of others is at the path, and comes back when it has gone', () => {
    for (const hidden of ['refusing', 'absent'] as const) {
      const { path, front, inode } = listening();
      front.appear(hidden, undressed);
      if (hidden === 'refusing') unlinkSync(path);
      const other = RawListener.listen(path, cleanup);
      const others = inodeAt(path);
      front.appear('shown', undressed);
      assert.equal(inodeAt(path), others);
      assert.ok(!front.isInPlace);
      other.close();
      front.appear('shown', undressed);
      assert.equal(inodeAt(path), inode);
      assert.ok(front.isInPlace);
    }
  });

  it('leaves a file at the path that is no socket', () => {
    const { path, front } = listening();
    front.appear('absent', undressed);
    writeFileSync(path, 'precious');
    front.appear('shown', undressed);
    assert.ok(lstatSync(path).isFile());
    assert.ok(!front.isInPlace);
    front.remove();
    assert.ok(lstatSync(path).isFile());
  });

  it('replaces what an agent that died has left aside, and no server that lives there', () => {
    const { path, front } = listening();
    RawListener.listen(asidePath(path), cleanup).close();
    front.appear('absent', undressed);
    assert.equal(meets(path), 'ENOENT');
    const other = listening();
    RawListener.listen(asidePath(other.path), cleanup);
    assert.throws(() => other.front.appear('refusing', undressed), /another process is listening there/);
    assert.equal(meets(other.path), 'connected');
  });

  it('is not in place when its aside name leads elsewhere', () => {
    const { path, front } = listening();
    front.appear('absent', undressed);
    const aside = asidePath(path);
    renameSync(aside, `${aside}.moved`);
    assert.ok(!front.isInPlace);
    linkSync(`${aside}.moved`, aside);
    assert.ok(front.isInPlace);
    unlinkSync(`${aside}.moved`);
  });
});
