import { type AddressInfo, SocketAddress } from 'node:net';
import { AF_INET, AF_INET6, SO_ACCEPTCONN, SOL_SOCKET } from './constants.js';
import * as libc from './libc.js';

/** sizeof(struct sockaddr_in6), ipv6(7): family, port, flow, address, scope. */
const ADDRESS_BYTES = 28;
const PORT = 2;
const IPV4 = 4;
const IPV6 = 8;
const IPV6_GROUPS = 8;

/** Where a TCP socket listens; undefined if the descriptor is none, or does not listen. */
export function inetAddress(fd: number): AddressInfo | undefined {
  const value = new Int32Array(1);
  const asked = libc.getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, value, Int32Array.of(value.byteLength));
  if (asked < 0 || value[0] !== 1) return undefined;
  const bytes = new Uint8Array(ADDRESS_BYTES);
  if (libc.getsockname(fd, bytes, Int32Array.of(bytes.byteLength)) < 0) return undefined;
  const view = new DataView(bytes.buffer);
  const family = new Uint16Array(bytes.buffer, 0, 1)[0];
  const port = view.getUint16(PORT);
  if (family === AF_INET) {
    return { address: bytes.subarray(IPV4, IPV4 + 4).join('.'), family: 'IPv4', port };
  }
  if (family !== AF_INET6) return undefined;
  const groups = Array.from({ length: IPV6_GROUPS }, (_, i) => view.getUint16(IPV6 + 2 * i).toString(16));
  const { address } = new SocketAddress({ address: groups.join(':'), family: 'ipv6' });
  return { address, family: 'IPv6', port };
}
