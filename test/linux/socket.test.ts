import assert from 'node:assert/strict';
import { getegid, geteuid, pid } from 'node:process';
import { SHUT_WR } from '../../src/linux/constants.js';
import { EAGAIN, ECONNREFUSED, ENOENT, EPIPE } from '../../src/linux/errno.js';
import { unixAddress } from '../../src/linux/sockaddr.js';
import {
  accept,
  bind,
  close,
  connect,
  hasPeerClosed,
  openStream,
  peerCredentials,
} from '../../src/linux/socket.js';
import { openSocket as openDatagrams } from '../../src/linux/socket-type.js';
import { useCleanup } from '../support/cleanup.js';
import { RawListener, RawStream } from '../support/raw-stream.js';

describe('stream sockets', () => {
  const cleanup = useCleanup();

  function openSocket(): number {
    const fd = openStream();
    cleanup.defer(() => close(fd));
    return fd;
  }

  it("report the peer's credentials from both ends", async () => {
    const listener = RawListener.listen(`${cleanup.directory()}/s`, cleanup);
    const client = RawStream.connect(listener.path, cleanup);
    const server = await listener.accept(cleanup);
    const self = { pid, uid: geteuid?.(), gid: getegid?.() };
    assert.deepEqual(peerCredentials(client.fd), self);
    assert.deepEqual(peerCredentials(server.fd), self);
  });

  it('have no peer before they are connected', () => {
    assert.equal(peerCredentials(openSocket()), undefined);
  });

  it('tell no peer of datagrams, though they are connected', () => {
    const [server, client] = [openDatagrams('dgram'), openDatagrams('dgram')];
    cleanup.defer(() => [server, client].forEach(close));
    const address = unixAddress(`${cleanup.directory()}/s`);
    assert.equal(bind(server, address), 0);
    assert.equal(connect(client, address), 0);
    assert.equal(peerCredentials(client), undefined);
  });

  it('have no peer if the descriptor is not a socket', () => {
    assert.equal(peerCredentials(2 ** 30), undefined);
  });

  it('answer a connect at once: no file, nobody listening, backlog full', () => {
    const path = `${cleanup.directory()}/s`;
    assert.equal(connect(openSocket(), unixAddress(path)), -ENOENT);
    const listener = RawListener.listen(path, cleanup, 0);
    assert.equal(connect(openSocket(), unixAddress(path)), 0);
    assert.equal(connect(openSocket(), unixAddress(path)), -EAGAIN);
    listener.close();
    assert.equal(connect(openSocket(), unixAddress(path)), -ECONNREFUSED);
  });

  it('do not block: nothing to accept, nothing to receive, no room to send', async () => {
    const listener = RawListener.listen(`${cleanup.directory()}/s`, cleanup);
    assert.equal(accept(listener.fd), -EAGAIN);
    const client = RawStream.connect(listener.path, cleanup);
    assert.equal(client.receive(), 'EAGAIN');
    client.fill(Buffer.alloc(65_536));
    assert.equal(client.send(Buffer.alloc(1)), 'EAGAIN');
  });

  it('return EPIPE where nobody can read, and raise no signal', async () => {
    const listener = RawListener.listen(`${cleanup.directory()}/s`, cleanup);
    const client = RawStream.connect(listener.path, cleanup);
    (await listener.accept(cleanup)).close();
    assert.equal(client.send(Buffer.alloc(1)), 'EPIPE');
    assert.equal(EPIPE, 32);
  });

  it('tell whether the peer has closed, which is more than that it sends nothing more', async () => {
    const listener = RawListener.listen(`${cleanup.directory()}/s`, cleanup);
    const client = RawStream.connect(listener.path, cleanup);
    const server = await listener.accept(cleanup);
    assert.equal(hasPeerClosed(server.fd), false);
    client.send(Buffer.from('x'));
    client.shutdown(SHUT_WR);
    assert.equal(hasPeerClosed(server.fd), false);
    client.close();
    assert.equal(hasPeerClosed(server.fd), true);
  });
});
