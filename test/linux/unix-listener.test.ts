import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { umask } from 'node:process';
import { SO_PASSCRED, SO_PASSPIDFD, SOL_SOCKET } from '../../src/linux/constants.js';
import * as libc from '../../src/linux/libc.js';
import { unixAddress } from '../../src/linux/sockaddr.js';
import { bind as bindTo, close, listen } from '../../src/linux/socket.js';
import { openSocket } from '../../src/linux/socket-type.js';
import { ListenError, ListenSocket } from '../../src/linux/unix-listener.js';
import { useCleanup } from '../support/cleanup.js';
import { countDescriptors } from '../support/descriptors.js';
import { RawListener, RawStream } from '../support/raw-stream.js';

const PERMISSIONS = 0o777;

describe('ListenSocket', () => {
  const cleanup = useCleanup();

  function path(name = 'a.sock'): string {
    return `${cleanup.directory()}/${name}`;
  }

  function bind(where: string): ListenSocket {
    const socket = ListenSocket.bind(where);
    cleanup.defer(() => socket.close());
    return socket;
  }

  function assertRefuses(where: string, message: RegExp): void {
    const descriptors = countDescriptors();
    const mask = umask();
    assert.throws(
      () => ListenSocket.bind(where),
      (error) => error instanceof ListenError && error.path === where && message.test(error.message),
    );
    assert.equal(countDescriptors(), descriptors, 'no descriptor is left open');
    assert.equal(umask(), mask, 'the umask is what it was');
  }

  it('accepts connections once it listens, and not before', () => {
    const where = path();
    const socket = bind(where);
    assert.equal(RawStream.tryConnect(where, cleanup), 'ECONNREFUSED');
    socket.listen();
    assert.ok(RawStream.tryConnect(where, cleanup) instanceof RawStream);
  });

  it('creates missing parent directories that everybody may enter, whatever the umask is', () => {
    const where = path('a/b/c.sock');
    const previous = umask(0o077);
    try {
      bind(where);
      assert.equal(umask(), 0o077);
    } finally {
      umask(previous);
    }
    assert.equal(statSync(dirname(where)).mode & PERMISSIONS, 0o755);
    assert.equal(statSync(dirname(dirname(where))).mode & PERMISSIONS, 0o755);
  });

  it('does not change an existing parent directory', () => {
    const where = path('a/b.sock');
    mkdirSync(dirname(where));
    chmodSync(dirname(where), 0o711);
    bind(where);
    assert.equal(statSync(dirname(where)).mode & PERMISSIONS, 0o711);
  });

  it('is only open to its owner at first', () => {
    const where = path();
    bind(where);
    assert.equal(lstatSync(where).mode & PERMISSIONS, 0o600);
  });

  it('replaces the socket file that a dead process left behind', () => {
    const where = path();
    RawListener.listen(where, cleanup).close();
    assert.ok(existsSync(where));
    bind(where).listen();
    assert.ok(RawStream.tryConnect(where, cleanup) instanceof RawStream);
  });

  it('refuses a path that is in use', async () => {
    const where = path();
    const other = RawListener.listen(where, cleanup);
    assertRefuses(where, /^cannot listen on .*: another process is listening there$/);
    await other.accept(cleanup);
    assert.ok(RawStream.tryConnect(where, cleanup) instanceof RawStream, 'the other goes on');
  });

  it('refuses a path whose listener is too busy to answer', () => {
    const where = path();
    RawListener.listen(where, cleanup, 0);
    RawStream.connect(where, cleanup);
    assertRefuses(where, /another process is listening there \(EAGAIN\)$/);
    assert.ok(existsSync(where));
  });

  it('never removes a file', () => {
    const where = path();
    writeFileSync(where, 'precious');
    assertRefuses(where, /something that is not a socket is there$/);
    assert.equal(readFileSync(where, 'utf8'), 'precious');
  });

  it('never removes a directory', () => {
    const where = path();
    mkdirSync(where);
    assertRefuses(where, /something that is not a socket is there$/);
    assert.ok(statSync(where).isDirectory());
  });

  it('never removes a symbolic link, not even one to a dead socket or to nothing', () => {
    const where = path();
    RawListener.listen(`${where}.target`, cleanup).close();
    for (const target of [`${where}.target`, `${where}.missing`]) {
      symlinkSync(target, where);
      assertRefuses(where, /something that is not a socket is there$/);
      assert.equal(readlinkSync(where), target);
      unlinkSync(where);
    }
    assert.ok(lstatSync(`${where}.target`).isSocket());
  });

  it('refuses a path below a file', () => {
    const where = path();
    writeFileSync(where, '');
    assertRefuses(`${where}/b.sock`, /EEXIST|ENOTDIR/);
  });

  it('refuses a path that is too long, and creates no directory for it', () => {
    const directory = `${path('d')}`;
    assertRefuses(`${directory}/${'x'.repeat(108)}`, /is \d+ bytes long; .* at most 107$/);
    assert.equal(existsSync(directory), false);
  });

  it('is refused if it is the second on its path', () => {
    const where = path();
    const first = bind(where);
    first.listen();
    assertRefuses(where, /another process is listening there$/);
  });

  it('removes its file when it closes', () => {
    const where = path();
    ListenSocket.bind(where).close();
    assert.equal(existsSync(where), false);
  });

  it('does not remove another file that has replaced its own', () => {
    const where = path();
    const mine = ListenSocket.bind(where);
    renameSync(where, `${where}.mine`);
    const other = RawListener.listen(where, cleanup);
    mine.close();
    assert.ok(RawStream.tryConnect(where, cleanup) instanceof RawStream);
    other.close();
  });

  it('closes when its file, or the whole directory, is gone', () => {
    const where = path('a/b.sock');
    const descriptors = countDescriptors();
    const socket = ListenSocket.bind(where);
    unlinkSync(where);
    renameSync(dirname(where), `${dirname(where)}.gone`);
    writeFileSync(dirname(where), 'a file in the place of the directory');
    socket.close();
    assert.equal(countDescriptors(), descriptors);
  });

  it('does not remove its file after that was moved', () => {
    const where = path('a/b.sock');
    const socket = ListenSocket.bind(where);
    renameSync(dirname(where), `${dirname(where)}.moved`);
    socket.close();
    assert.ok(lstatSync(`${dirname(where)}.moved/b.sock`).isSocket());
  });

  it('knows whether its path leads to it', () => {
    const where = path('a/b.sock');
    const socket = bind(where);
    assert.equal(socket.isInPlace, true);
    renameSync(where, `${where}.moved`);
    assert.equal(socket.isInPlace, false);
    writeFileSync(where, '');
    assert.equal(socket.isInPlace, false);
    renameSync(`${where}.moved`, where);
    assert.equal(socket.isInPlace, true);
    renameSync(dirname(where), `${dirname(where)}.moved`);
    assert.equal(socket.isInPlace, false);
  });

  it('acts on its own file and no other', () => {
    const where = path();
    const socket = bind(where);
    renameSync(where, `${where}.moved`);
    writeFileSync(where, '', { mode: 0o600 });
    let inode: bigint | undefined;
    try {
      socket.withFile((file) => {
        inode = file.stat().ino;
      });
    } catch (error) {
      // Without CAP_NET_ADMIN the file cannot be reached.
      assert.match(String(error), /something else is at /);
      return;
    }
    assert.equal(inode, lstatSync(`${where}.moved`, { bigint: true }).ino);
  });

  it('says who else could remove it, and accepts connections anyway', () => {
    const where = path('a/b.sock');
    mkdirSync(dirname(where));
    chmodSync(dirname(where), 0o777);
    const socket = bind(where);
    assert.match(socket.exposure ?? '', /a can be written to by others \(everybody\)$/);
    socket.listen();
    assert.ok(RawStream.tryConnect(where, cleanup) instanceof RawStream);
    assert.equal(lstatSync(where).mode & PERMISSIONS, 0o600);
    assert.equal(bind(path('c.sock')).exposure, undefined);
  });

  it('is not created behind a link that others have created', () => {
    const where = path('a/link/b.sock');
    const directory = dirname(dirname(where));
    mkdirSync(directory);
    chmodSync(directory, 0o777);
    symlinkSync('/tmp', dirname(where));
    assertRefuses(where, /link is a symbolic link and is not followed: .*a can be written to by others/);
  });

  it('refuses a name that is too long to bind where others could redirect its path', () => {
    // A folder above that others cannot enter would be enough for any name.
    const long = `${cleanup.directory('/tmp')}/`.padEnd(107, 'x');
    chmodSync(dirname(long), 0o777);
    assertRefuses(long, /its name is too long for a place that others can change: .* written to by others/);
    chmodSync(dirname(long), 0o755);
    bind(long);
  });

  it('listens on an abstract name, which leaves no file', () => {
    const name = `@udscope-test-${process.pid}`;
    const socket = bind(name);
    socket.listen();
    assert.ok(RawStream.tryConnect(name, cleanup) instanceof RawStream);
    assertRefuses(name, /it is in use$/);
    assert.equal(existsSync(name), false);
  });

  it('asks for the senders of messages on a socket that somebody else has bound', () => {
    for (const type of ['stream', 'seqpacket', 'dgram'] as const) {
      const where = path(`${type}.sock`);
      const fd = openSocket(type);
      cleanup.defer(() => close(fd));
      assert.equal(bindTo(fd, unixAddress(where)), 0);
      if (type !== 'dgram') assert.equal(listen(fd, 1), 0);
      assert.ok(ListenSocket.adopt(where, fd, type) instanceof ListenSocket);
      const isMessages = type === 'stream' ? 0 : 1;
      assert.equal(optionOf(fd, SO_PASSCRED), isMessages, type);
      // Linux 6.5.
      if (optionOf(fd, SO_PASSPIDFD) !== undefined)
        assert.equal(optionOf(fd, SO_PASSPIDFD), type === 'dgram' ? 1 : 0, type);
    }
  });
});

function optionOf(fd: number, option: number): number | undefined {
  const value = new Int32Array(1);
  const result = libc.getsockopt(fd, SOL_SOCKET, option, value, Int32Array.of(value.byteLength));
  return result < 0 ? undefined : value[0];
}
