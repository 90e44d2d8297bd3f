import { isIPv4, isIPv6 } from 'node:net';
import { hostname } from 'node:os';

/*
 * DNS rebinding: a page in a browser can have its own name resolve to this machine, and then reads what a server here
 * answers. The Host header gives it away: the browser sends the name that the page came from. An attacker controls
 * neither an address nor the name of this machine.
 */

const HOST_AND_PORT = /^(\[[^\]]*\]|[^:[\]]*)(?::\d*)?$/;

/**
 * The host that a request was sent to, if it is none of this machine; undefined if it is one, or is not known.
 *
 * @param header the Host header (RFC 9110, section 7.2)
 * @param names further names of this machine; `*.domain` stands for every name below, `*` for every name
 */
export function foreignHost(header: string | undefined, names: readonly string[]): string | undefined {
  // Every browser sends it.
  if (header === undefined) return undefined;
  const host = HOST_AND_PORT.exec(header.trim())?.[1];
  if (host === undefined) return header;
  return isAddress(host) || isOwnName(spelling(host), names.map(spelling)) ? undefined : host;
}

function isAddress(host: string): boolean {
  return host === '' || isIPv4(host) || (host.startsWith('[') && isIPv6(host.slice(1, -1)));
}

function isOwnName(host: string, names: readonly string[]): boolean {
  if (host === 'localhost' || names.some((name) => matches(host, name))) return true;
  const own = spelling(hostname());
  return host === own || host === own.split('.', 1)[0];
}

function matches(host: string, name: string): boolean {
  return name === '*' || host === name || (name.startsWith('*.') && host.endsWith(name.slice(1)));
}

/** One spelling for each name: capitals and the dot of the root do not count. */
function spelling(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
