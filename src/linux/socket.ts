/**
 * Unix stream sockets. Every function returns what the kernel would: a non-negative result, or a
 * negated errno. EINTR is not retried here; callers are event loops and simply come round again.
 */
import {
  AF_UNIX,
  MSG_NOSIGNAL,
  MSG_PEEK,
  POLLIN,
  SO_PEERCRED,
  SO_PEERPIDFD,
  SO_SNDBUF,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from './constants.js';
import * as libc from './libc.js';
import type { MessageHeader } from './message-header.js';

/** A new non-blocking, close-on-exec stream socket. */
export function openStream(): number {
  return libc.result(libc.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/** bind(2). `address` comes from unixAddress. */
export function bind(fd: number, address: Uint8Array): number {
  return libc.result(libc.bind(fd, address, address.byteLength));
}

export function listen(fd: number, backlog: number): number {
  return libc.result(libc.listen(fd, backlog));
}

/**
 * connect(2). On a non-blocking Unix socket it either succeeds or fails at once: -EAGAIN means that the
 * listener's backlog is full (try again later), -ECONNREFUSED that nobody listens, -ENOENT no such path.
 */
export function connect(fd: number, address: Uint8Array): number {
  return libc.result(libc.connect(fd, address, address.byteLength));
}

/** Accepts one connection, non-blocking and close-on-exec. -EAGAIN: none is waiting. */
export function accept(fd: number): number {
  return libc.result(libc.accept4(fd, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

/** Whether somebody waits to be accepted on a listening socket. */
export function hasWaiting(fd: number): boolean {
  return libc.poll(Int32Array.of(fd, POLLIN), 1, 0) > 0;
}

/** Bytes received, 0 at end of stream, -EAGAIN when nothing is there, -ECONNRESET when the peer died. */
export function receive(fd: number, header: MessageHeader): number {
  return libc.result(libc.recvmsg(fd, header.address, 0));
}

/** As `receive`, and leaves what there is where it is. */
export function peek(fd: number, header: MessageHeader): number {
  return libc.result(libc.recvmsg(fd, header.address, MSG_PEEK));
}

/** Bytes the kernel took, possibly fewer than offered; -EAGAIN when it took none, -EPIPE when nobody can read. */
export function send(fd: number, header: MessageHeader): number {
  return libc.result(libc.sendmsg(fd, header.address, MSG_NOSIGNAL));
}

/** As `send`, `length` bytes from `address`, a native address. Costs less: the kernel copies no header. */
export function sendBytes(fd: number, address: number, length: number): number {
  return libc.result(libc.send(fd, address, length, MSG_NOSIGNAL));
}

/** Sends one datagram to a Unix socket. The number of bytes, or a negated errno: -EAGAIN when nobody reads there. */
export function sendDatagram(address: Uint8Array, bytes: Uint8Array): number {
  const fd = libc.result(libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd < 0) return fd;
  const sent = libc.result(
    libc.sendto(fd, bytes, bytes.byteLength, MSG_NOSIGNAL, address, address.byteLength),
  );
  libc.close(fd);
  return sent;
}

/**
 * How much may wait in the kernel for the peer to read; it doubles the number, for what it needs beside, and has a least
 * and a most (socket(7)). A negated errno where the descriptor is not a socket.
 */
export function setSendBuffer(fd: number, bytes: number): number {
  const value = Int32Array.of(bytes);
  return libc.result(libc.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, value, value.byteLength));
}

export function shutdown(fd: number, how: number): number {
  return libc.result(libc.shutdown(fd, how));
}

/** close(2). Linux frees the descriptor whatever it returns, so it is never retried. */
export function close(fd: number): void {
  libc.close(fd);
}

/** Credentials the peer had when it connected or listened (unix(7), SO_PEERCRED). */
export interface PeerCredentials {
  pid: number;
  uid: number;
  gid: number;
}

/** sizeof(struct ucred), unix(7): pid, uid, gid. */
const CREDENTIALS_BYTES = 12;

// Each connection is asked for its peer: memory for the answers is made once for each thread.
const optionValue = new Int32Array(CREDENTIALS_BYTES / Int32Array.BYTES_PER_ELEMENT);
const optionLength = new Int32Array(1);

/** (uid_t) -1: what the kernel gives for a socket that is not connected, instead of an error. */
const NO_UID = -1;

/** undefined when the socket has no peer. */
export function peerCredentials(fd: number): PeerCredentials | undefined {
  optionLength[0] = CREDENTIALS_BYTES;
  const result = libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, optionValue, optionLength);
  if (result < 0 || optionValue[1] === NO_UID) return undefined;
  return { pid: optionValue[0], uid: optionValue[1] >>> 0, gid: optionValue[2] >>> 0 };
}

/**
 * A pidfd of the process that connected or listened, to be closed by the caller. Negative errnos: -ENOPROTOOPT before
 * Linux 6.5; on some later kernels -ESRCH or -EINVAL when the process is gone; -EMFILE without descriptors.
 */
export function peerPidfd(fd: number): number {
  optionLength[0] = Int32Array.BYTES_PER_ELEMENT;
  const result = libc.result(libc.getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, optionValue, optionLength));
  return result < 0 ? result : optionValue[0];
}
