import assert from 'node:assert/strict';
import { lstatSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { duplicate } from '../../src/linux/descriptors.js';
import { asidePath } from '../../src/linux/front.js';
import { close } from '../../src/linux/socket.js';
import { Takeover } from '../../src/linux/takeover.js';
import { ListenSocket } from '../../src/linux/unix-listener.js';
import { closeForGood, lendToServer } from '../../src/store/left-behind.js';
import { listenName } from '../../src/store/names.js';
import { useCleanup } from '../support/cleanup.js';
import { countDescriptors } from '../support/descriptors.js';
import { RawListener } from '../support/raw-stream.js';

describe('a kept descriptor that nobody goes on with', () => {
  const cleanup = useCleanup();
  let path: string;
  let failures: string[];

  beforeEach(() => {
    path = `${cleanup.directory()}/a.sock`;
    failures = [];
  });

  const failed = (message: string) => void failures.push(message);
  const inode = () => lstatSync(path, { throwIfNoEntry: false })?.ino;
  const files = () => readdirSync(dirname(path)).sort();

  function takenOver(): { fd: number; server: number | undefined } {
    RawListener.listen(path, cleanup);
    const server = inode();
    const front = ListenSocket.bind(asidePath(path));
    front.listen();
    assert.ok(front.file !== undefined);
    new Takeover(path, front.file).follow(Number.POSITIVE_INFINITY, () => {});
    assert.notEqual(inode(), server);
    return { fd: front.fd, server };
  }

  it('is closed, and the file of its socket removed', () => {
    const before = countDescriptors();
    const socket = ListenSocket.bind(path);
    socket.listen();
    assert.equal(closeForGood(listenName(path), socket.fd, failed), path);
    assert.equal(countDescriptors(), before);
    assert.deepEqual([files(), failures], [[], []]);
  });

  it('gives a path that was taken over back, although the keeper has a copy that listens', () => {
    const { fd, server } = takenOver();
    const copy = duplicate(fd);
    const before = countDescriptors();
    assert.equal(closeForGood(listenName(path), fd, failed), path);
    assert.equal(countDescriptors(), before - 1);
    assert.equal(inode(), server);
    assert.deepEqual([files(), failures], [['a.sock'], []]);
    close(copy);
  });

  it('is lent to its server, and stays beside it', () => {
    const { fd, server } = takenOver();
    const front = inode();
    const before = countDescriptors();
    lendToServer(listenName(path), fd, failed);
    assert.equal(countDescriptors(), before);
    assert.equal(inode(), server);
    assert.equal(lstatSync(asidePath(path)).ino, front);
    lendToServer('unix=/elsewhere', fd, failed);
    assert.equal(closeForGood(listenName(path), fd, failed), path);
    assert.deepEqual([files(), failures], [['a.sock'], []]);
  });
});
