/**
 * Unix stream sockets. Unless it says otherwise, a function returns a non-negative result or a negated errno, like a
 * system call. EINTR is not retried, because callers are event loops that try again anyway.
 */
import {
  AF_UNIX,
  MSG_CMSG_CLOEXEC,
  MSG_NOSIGNAL,
  MSG_PEEK,
  POLLHUP,
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

/** Creates a non-blocking, close-on-exec stream socket. */
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
 * connect(2). A non-blocking Unix socket connects or fails at once: -EAGAIN if the listener's backlog is full (try
 * again later), -ECONNREFUSED if nobody listens, -ENOENT if the path does not exist.
 */
export function connect(fd: number, address: Uint8Array): number {
  return libc.result(libc.connect(fd, address, address.byteLength));
}

/** Accepts one connection, non-blocking and close-on-exec. -EAGAIN if none is waiting. */
export function accept(fd: number): number {
  return libc.result(libc.accept4(fd, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

/** Whether a connection is waiting to be accepted on a listening socket. */
export function hasWaiting(fd: number): boolean {
  return libc.poll(Int32Array.of(fd, POLLIN), 1, 0) > 0;
}

/** Whether the peer has closed its socket, or both have said that they send no more. */
export function hasPeerClosed(fd: number): boolean {
  const entry = Int32Array.of(fd, 0);
  return libc.poll(entry, 1, 0) > 0 && ((entry[1] >> 16) & POLLHUP) !== 0;
}

/** Returns the bytes received, 0 at end of stream, -EAGAIN if there is no data, -ECONNRESET if the peer died. */
export function receive(fd: number, header: MessageHeader): number {
  return libc.result(libc.recvmsg(fd, header.address, MSG_CMSG_CLOEXEC));
}

/** Like `receive`, but leaves the data in the socket. A header that takes descriptors would be given copies of them. */
export function peek(fd: number, header: MessageHeader): number {
  return libc.result(libc.recvmsg(fd, header.address, MSG_PEEK));
}

/** Returns the bytes that the kernel took, possibly only a part; -EAGAIN if it took none, -EPIPE if nobody can read. */
export function send(fd: number, header: MessageHeader): number {
  return libc.result(libc.sendmsg(fd, header.address, MSG_NOSIGNAL));
}

/** Like `send`, for `length` bytes at the native address `address`. It is cheaper, as the kernel copies no header. */
export function sendBytes(fd: number, address: number, length: number): number {
  return libc.result(libc.send(fd, address, length, MSG_NOSIGNAL));
}

/** Sends one datagram to a Unix socket. Returns the number of bytes; -EAGAIN if the receiver's queue is full. */
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
 * Limits how many bytes may wait in the kernel for the peer to read. The kernel doubles the number to allow for its own
 * overhead, and enforces a minimum and a maximum (socket(7)).
 */
export function setSendBuffer(fd: number, bytes: number): number {
  const value = Int32Array.of(bytes);
  return libc.result(libc.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, value, value.byteLength));
}

export function shutdown(fd: number, how: number): number {
  return libc.result(libc.shutdown(fd, how));
}

/** close(2). It is never retried, because Linux frees the descriptor even if it fails. */
export function close(fd: number): void {
  libc.close(fd);
}

/** Credentials that the peer had when it connected or listened (unix(7), SO_PEERCRED). */
export interface PeerCredentials {
  pid: number;
  uid: number;
  gid: number;
}

/** sizeof(struct ucred), unix(7): pid, uid, gid. */
const CREDENTIALS_BYTES = 12;

// Allocated once for each thread, since every connection is asked for its peer.
const optionValue = new Int32Array(CREDENTIALS_BYTES / Int32Array.BYTES_PER_ELEMENT);
const optionLength = new Int32Array(1);

/** (uid_t) -1: returned for a socket that is not connected, instead of an error. */
const NO_UID = -1;

/** undefined if the socket has no peer. */
export function peerCredentials(fd: number): PeerCredentials | undefined {
  optionLength[0] = CREDENTIALS_BYTES;
  const result = libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, optionValue, optionLength);
  if (result < 0 || optionValue[1] === NO_UID) return undefined;
  return { pid: optionValue[0], uid: optionValue[1] >>> 0, gid: optionValue[2] >>> 0 };
}

/**
 * A pidfd of the process that connected or listened, for the caller to close; or a negated errno: -ENOPROTOOPT before
 * Linux 6.5, -ESRCH or -EINVAL on some later kernels if the process is gone, -EMFILE if descriptors have run out.
 */
export function peerPidfd(fd: number): number {
  optionLength[0] = Int32Array.BYTES_PER_ELEMENT;
  const result = libc.result(libc.getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, optionValue, optionLength));
  return result < 0 ? result : optionValue[0];
}
