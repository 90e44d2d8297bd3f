import assert from 'node:assert/strict';
import { renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } from '../../src/linux/constants.js';
import { EAGAIN } from '../../src/linux/errno.js';
import { accept } from '../../src/linux/socket.js';
import { socketTypeAt } from '../../src/linux/socket-type.js';
import { useCleanup } from '../support/cleanup.js';
import { bindSocket } from '../support/message-socket.js';

describe('socketTypeAt', () => {
  const cleanup = useCleanup();

  for (const [name, type] of [
    ['dgram', SOCK_DGRAM],
    ['seqpacket', SOCK_SEQPACKET],
  ] as const) {
    it(`tells ${name} by any name the socket has`, () => {
      const directory = cleanup.directory();
      for (const file of ['plain', 'with space', 'with\nline feed', 'x'.repeat(90 - directory.length)]) {
        const path = `${directory}/${file}`;
        bindSocket(type, path, cleanup);
        assert.equal(socketTypeAt(path), name, file);
      }
      symlinkSync(`${directory}/plain`, `${directory}/link`);
      assert.equal(socketTypeAt(`${directory}/link`), name);
      renameSync(`${directory}/plain`, `${directory}/moved`);
      assert.equal(socketTypeAt(`${directory}/moved`), name);
      const abstract = `@udscope-test-${process.pid}-${name}`;
      bindSocket(type, abstract, cleanup);
      assert.equal(socketTypeAt(abstract), name);
    });
  }

  it('does not disturb a stream server', () => {
    const path = `${cleanup.directory()}/stream`;
    const fd = bindSocket(SOCK_STREAM, path, cleanup);
    assert.equal(socketTypeAt(path), 'stream');
    assert.equal(accept(fd), -EAGAIN);
  });

  it('goes by the socket that is at the path now', () => {
    const path = `${cleanup.directory()}/socket`;
    bindSocket(SOCK_DGRAM, path, cleanup);
    unlinkSync(path);
    assert.equal(socketTypeAt(path), undefined);
    bindSocket(SOCK_STREAM, path, cleanup);
    assert.equal(socketTypeAt(path), 'stream');
  });

  it('does not know what is not there, not a socket, or no path at all', () => {
    const directory = cleanup.directory();
    writeFileSync(`${directory}/file`, '');
    for (const path of [
      `${directory}/none`,
      `${directory}/file`,
      directory,
      '',
      `/${'x'.repeat(200)}`,
      '@udscope-none',
    ]) {
      assert.equal(socketTypeAt(path), undefined, path);
    }
  });
});
