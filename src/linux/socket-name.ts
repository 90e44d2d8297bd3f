import { AF_UNIX, SO_ACCEPTCONN, SO_DOMAIN, SO_TYPE, SOL_SOCKET } from './constants.js';
import * as libc from './libc.js';
import { SUN_PATH_BYTES } from './sockaddr.js';
import { type SocketType, typeOfNumber } from './socket-type.js';

const FAMILY_BYTES = 2;
const NUL = 0;

/** The path that a Unix socket was bound to, or `@name`; undefined if it has no name or is no Unix socket. */
export function socketName(fd: number): string | undefined {
  const address = new Uint8Array(FAMILY_BYTES + SUN_PATH_BYTES);
  const length = Int32Array.of(address.byteLength);
  if (libc.getsockname(fd, address, length) < 0 || address[0] !== AF_UNIX || length[0] <= FAMILY_BYTES)
    return undefined;
  const name = Buffer.from(address.subarray(FAMILY_BYTES, Math.min(length[0], address.byteLength)));
  if (name[0] === NUL) return `@${name.toString('utf8', 1)}`;
  const end = name.indexOf(NUL);
  return name.toString('utf8', 0, end < 0 ? name.length : end);
}

/** Why a descriptor is no Unix socket of a type that clients can reach, in words that follow it; undefined if it is one. */
export function listeningProblem(fd: number, type: SocketType): string | undefined {
  const domain = socketOption(fd, SO_DOMAIN);
  if (domain === undefined) return 'is no socket';
  if (domain !== AF_UNIX) return 'is no Unix socket';
  if (socketTypeOf(fd) !== type) return `is not of type ${type}`;
  if (type === 'dgram') return undefined;
  return socketOption(fd, SO_ACCEPTCONN) === 1 ? undefined : 'does not listen';
}

/** The type of a Unix socket; undefined if it is none. */
export function socketTypeOf(fd: number): SocketType | undefined {
  if (socketOption(fd, SO_DOMAIN) !== AF_UNIX) return undefined;
  return typeOfNumber(socketOption(fd, SO_TYPE));
}

function socketOption(fd: number, option: number): number | undefined {
  const value = new Int32Array(1);
  const result = libc.getsockopt(fd, SOL_SOCKET, option, value, Int32Array.of(value.byteLength));
  return result < 0 ? undefined : value[0];
}
