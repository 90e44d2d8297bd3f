import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { check } from '../../src/linux/errno.js';
import * as libc from '../../src/linux/libc.js';
import type { Cleanup } from './cleanup.js';

const SOL_SOCKET = 1;
const SO_LINGER = 13;

/** A TCP socket that has more to send than its peer takes, and waits so long for that when it is closed. */
export async function lingeringSocket(cleanup: Cleanup, seconds: number) {
  const server = createServer((peer) => peer.pause()).listen(0, '127.0.0.1');
  cleanup.defer(() => server.close());
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {});
  socket.write(Buffer.alloc(64 * 1024 * 1024));
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  const linger = Int32Array.of(1, seconds);
  check('setsockopt', libc.result(libc.setsockopt(fd, SOL_SOCKET, SO_LINGER, linger, 8)));
  return { fd, forget: () => void socket.destroy() };
}
