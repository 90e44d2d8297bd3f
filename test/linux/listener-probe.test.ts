import assert from 'node:assert/strict';
import { receptionAt } from '../../src/linux/listener-probe.js';
import { hasWaiting } from '../../src/linux/socket.js';
import { ListenSocket } from '../../src/linux/unix-listener.js';
import { useCleanup } from '../support/cleanup.js';
import { RawListener, RawStream } from '../support/raw-stream.js';

describe('receptionAt', () => {
  const cleanup = useCleanup();

  it('tells a listener from a socket that is only bound, a dead one, and none', () => {
    const path = `${cleanup.directory()}/a.sock`;
    assert.equal(receptionAt(path), 'absent');
    const socket = ListenSocket.bind(path);
    assert.equal(receptionAt(path), 'refusing');
    socket.listen();
    assert.equal(receptionAt(path), 'listening');
    socket.close();
    const other = RawListener.listen(path, cleanup);
    other.close();
    assert.equal(receptionAt(path), 'refusing');
    assert.equal(receptionAt(`${path}/b`), 'absent');
  });

  it('is not noticed by the server', () => {
    const path = `${cleanup.directory()}/a.sock`;
    const listener = RawListener.listen(path, cleanup);
    for (let i = 0; i < 10; i++) assert.equal(receptionAt(path), 'listening');
    assert.equal(hasWaiting(listener.fd), false);
  });

  it('takes a full backlog for a listener', () => {
    const path = `${cleanup.directory()}/a.sock`;
    RawListener.listen(path, cleanup, 0);
    while (RawStream.tryConnect(path, cleanup) instanceof RawStream);
    assert.equal(receptionAt(path), 'listening');
  });

  it('knows abstract names', () => {
    const name = `@udscope-test-${process.pid}`;
    assert.equal(receptionAt(name), 'refusing');
    RawListener.listen(name, cleanup);
    assert.equal(receptionAt(name), 'listening');
  });
});
