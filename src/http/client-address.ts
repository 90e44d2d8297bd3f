import { isIPv6 } from 'node:net';

const MAPPED = '::ffff:';

/** An IPv4 address as it is, also where a socket of both families has written it as an IPv6 one. */
function plainAddress(address: string): string {
  return address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address;
}

/** Whether an address is of the machine to itself. */
export function isLoopback(address: string): boolean {
  const plain = plainAddress(address);
  return plain.startsWith('127.') || plain === '::1';
}

/**
 * What clients are told apart by: an IPv4 address, or the first 64 bits of an IPv6 one. A machine may have any number of
 * addresses of the /64 network that it is in (RFC 4291, section 2.5.1).
 */
export function clientOfAddress(address: string): string {
  const plain = plainAddress(address);
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('%', 1)[0]!.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
