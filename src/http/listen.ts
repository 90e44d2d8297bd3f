import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import type { Endpoint } from '../values/endpoint.js';

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  EACCES: 'no permission; ports below 1024 need the capability CAP_NET_BIND_SERVICE',
  EADDRNOTAVAIL: 'the address is none of this machine',
  EAFNOSUPPORT: 'this machine has no addresses of that family',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the host cannot be looked up now',
};

/**
 * Makes a server listen on exactly one endpoint, and says where that is.
 *
 * @throws Error that says what could not be listened on, and why.
 */
export async function listen(server: Server, endpoint: Endpoint): Promise<AddressInfo> {
  try {
    const { port } = endpoint;
    server.listen(endpoint.host === undefined ? { port } : { port, host: await resolve(endpoint.host) });
    await once(server, 'listening');
    return server.address() as AddressInfo;
  } catch (error) {
    throw new Error(`cannot listen on ${endpointText(endpoint)}: ${reason(error)}`, { cause: error });
  }
}

/**
 * The address of a host. Of several an IPv4 one, as the Collector has it: scrapers are told 127.0.0.1 as
 * often as localhost, and one socket cannot be both.
 */
async function resolve(host: string): Promise<string> {
  const { address } = await lookup(host, { order: 'ipv4first' });
  return address;
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? error.message;
}

function endpointText({ host = '', port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
