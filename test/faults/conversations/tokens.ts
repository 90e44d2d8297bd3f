import { existsSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check } from '../../../src/linux/errno.js';
import { unixAddress } from '../../../src/linux/sockaddr.js';
import * as socket from '../../../src/linux/socket.js';
import { socketName, socketTypeOf } from '../../../src/linux/socket-name.js';
import { send } from './channel.js';
import { contentAddress } from './content.js';
import { openSocket } from './open.js';

/** Files and sockets that can be told from each other; a prime, as nothing else here has its period. */
const TOKENS = 251;

/** In memory: on a disk so many files take a process longer than its start. */
const DIRECTORY = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

const TEXT_BYTES = 16;
const read = Buffer.alloc(TEXT_BYTES);

function textOf(token: number): string {
  return `token ${token % TOKENS}`.padEnd(TEXT_BYTES);
}

/** Of tokens that are sockets, which have names in place of a text. */
const SHAPES: readonly ((name: string) => number)[] = [listening, connected, inFlight];
/** A third of the tokens are sockets, a few of each shape. */
const SOCKET_EACH = 3;

const pool: number[] = [];

/** A descriptor of the token, which stays this process's. */
export function tokenDescriptor(token: number): number {
  const index = token % TOKENS;
  pool[index] ??= create(index);
  return pool[index];
}

/** Whether a descriptor that has come is one of the token. */
export function isToken(fd: number, token: number): boolean {
  const index = token % TOKENS;
  if (isSocket(index)) return socketName(fd)?.endsWith(`-${index}`) === true;
  try {
    const bytes = readSync(fd, read, 0, TEXT_BYTES, 0);
    return read.toString('latin1', 0, bytes) === textOf(token);
  } catch {
    return false;
  }
}

/** A name that the kernel gives to a socket which asks for senders, and has none (unix(7), autobind). */
const KERNELS_NAME = /^@[0-9a-f]{5}$/;

/** Whether it is a socket as a client's end of a conversation is. */
export function isClientsEnd(fd: number): boolean {
  return socketTypeOf(fd) !== undefined && KERNELS_NAME.test(socketName(fd) ?? '@00000');
}

function isSocket(index: number): boolean {
  return index % SOCKET_EACH === 0;
}

function create(index: number): number {
  if (isSocket(index)) {
    return SHAPES[(index / SOCKET_EACH) % SHAPES.length](`@uds-token-${process.pid}-${index}`);
  }
  const path = join(DIRECTORY, `uds-token-${process.pid}`);
  const fd = openSync(path, 'w+', 0o600);
  rmSync(path);
  writeSync(fd, textOf(index));
  return fd;
}

function bound(name: string): number {
  const fd = openSocket('seqpacket');
  check('bind', socket.bind(fd, unixAddress(name)));
  return fd;
}

/** One that others can connect to. */
function listening(name: string): number {
  const fd = bound(name);
  check('listen', socket.listen(fd, 1));
  return fd;
}

/** One that has a peer in this process. */
function connected(name: string): number {
  return pair(name)[0];
}

/** One that waits in its peer's queue, while the peer waits in its own: to the kernel a circle, once nobody else has either. */
function inFlight(name: string): number {
  const [one, other] = pair(name);
  check('sendmsg', send(one, contentAddress(0, 0), 1, [one]));
  check('sendmsg', send(other, contentAddress(0, 0), 1, [other]));
  return one;
}

function pair(name: string): [number, number] {
  const one = bound(name);
  const address = `${name}-peer`;
  const listener = listening(address);
  check('connect', socket.connect(one, unixAddress(address)));
  const other = check('accept4', socket.accept(listener));
  socket.close(listener);
  return [one, other];
}
