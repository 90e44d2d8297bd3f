/**
 * Unix sockets. Unless it says otherwise, a function returns a non-negative result or a negated errno, like a
 * system call. EINTR is not retried, because callers are event loops that try again anyway.
 */
import {
  AF_UNIX,
  F_DUPFD_CLOEXEC,
  MSG_CMSG_CLOEXEC,
  MSG_NOSIGNAL,
  MSG_PEEK,
  MSG_TRUNC,
  POLLHUP,
  POLLIN,
  SO_PASSCRED,
  SO_PASSPIDFD,
  SO_PASSSEC,
  SO_PEERCRED,
  SO_PEERPIDFD,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from './constants.js';
import * as libc from './libc.js';
import type { MessageHeader } from './message-header.js';

/** struct sockaddr_un with nothing but its family. */
const FAMILY_ALONE = Uint8Array.of(AF_UNIX, 0);

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

/** Binds a socket to an abstract name that the kernel chooses (unix(7), autobind). */
export function autobind(fd: number): number {
  return bind(fd, FAMILY_ALONE);
}

/** Another descriptor of what `fd` is one of, close-on-exec. */
export function duplicate(fd: number): number {
  return libc.result(libc.fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

/** Accepts one connection, non-blocking and close-on-exec. -EAGAIN if none is waiting. */
export function accept(fd: number): number {
  return libc.result(libc.accept4(fd, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

/** Whether a connection waits to be accepted on a listening socket, or something to be read on another one. */
export function hasWaiting(fd: number): boolean {
  return libc.poll(Int32Array.of(fd, POLLIN), 1, 0) > 0;
}

/** Whether the peer has closed its socket, or both have said that they send no more. */
export function hasPeerClosed(fd: number): boolean {
  const entry = Int32Array.of(fd, 0);
  return libc.poll(entry, 1, 0) > 0 && ((entry[1] >> 16) & POLLHUP) !== 0;
}

/**
 * Receives one message of a socket whose messages have ends. Returns how long it is, which may be more than was read; 0 for an empty
 * message and at the end; -EAGAIN if there is none.
 */
export function receiveMessage(fd: number, header: MessageHeader): number {
  return libc.result(libc.recvmsg(fd, header.address, MSG_CMSG_CLOEXEC | MSG_TRUNC));
}

/** Returns the bytes received, 0 at end of stream, -EAGAIN if there is no data, -ECONNRESET if the peer died. */
export function receive(fd: number, header: MessageHeader): number {
  return libc.result(libc.recvmsg(fd, header.address, MSG_CMSG_CLOEXEC));
}

/**
 * Like `receive`, into `length` bytes at the native address `address`. It is cheaper, as the kernel copies no header, and closes descriptors
 * that come along.
 */
export function receiveBytes(fd: number, address: number, length: number): number {
  return libc.result(libc.recv(fd, address, length, 0));
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

/**
 * Limits how many bytes may wait in the kernel for the peer to read. The kernel doubles the number to allow for its own
 * overhead, and enforces a minimum and a maximum (socket(7)).
 */
export function setSendBuffer(fd: number, bytes: number): number {
  const value = Int32Array.of(bytes);
  return libc.result(libc.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, value, value.byteLength));
}

/**
 * Lets a message of so many bytes be sent: the kernel takes none that is longer than the send buffer. More than net.core.wmem_max needs
 * CAP_NET_ADMIN.
 */
export function makeRoomFor(fd: number, bytes: number): void {
  const value = Int32Array.of(bytes);
  const forced = libc.setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, value, value.byteLength);
  if (forced < 0) libc.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, value, value.byteLength);
}

/** Has the kernel say of each message who sent it: SCM_CREDENTIALS (SO_PASSCRED). */
export function passCredentials(fd: number): void {
  turnOn(fd, SO_PASSCRED);
}

/** Has the kernel give a pidfd of its sender with each message (SO_PASSPIDFD, Linux 6.5). False where it cannot. */
export function passPidfds(fd: number): boolean {
  return turnOn(fd, SO_PASSPIDFD) === 0;
}

function turnOn(fd: number, option: number): number {
  const value = Int32Array.of(1);
  return libc.result(libc.setsockopt(fd, SOL_SOCKET, option, value, value.byteLength));
}

/** Has the kernel tell no more with each message who sent it. */
export function ignoreSenders(fd: number): void {
  const no = Int32Array.of(0);
  for (const option of [SO_PASSCRED, SO_PASSPIDFD, SO_PASSSEC]) {
    libc.setsockopt(fd, SOL_SOCKET, option, no, no.byteLength);
  }
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

/** sizeof(sa_family_t): the length of the address of a socket without a name. */
const FAMILY_BYTES = 2;

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

/** Whether the socket at the other end is bound to a path or a name, its own or one that the kernel chose. */
export function hasPeerName(fd: number): boolean {
  optionLength[0] = CREDENTIALS_BYTES;
  return libc.getpeername(fd, optionValue, optionLength) === 0 && optionLength[0] > FAMILY_BYTES;
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
