import { lookup } from 'node:dns/promises';
import type { AddressInfo } from 'node:net';
import type { Endpoint } from '../values/endpoint.js';
import type { HttpServer } from './http-server.js';

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
export async function listen(
  server: Pick<HttpServer<never>, 'listen'>,
  endpoint: Endpoint,
): Promise<AddressInfo> {
  try {
    const { host, port } = endpoint;
    const options = host === undefined ? { port } : { port, host: await resolve(host) };
    return (await server.listen(options)) as AddressInfo;
  } catch (error) {
    throw new Error(`cannot listen on ${endpointText(endpoint)}: ${reason(error)}`, { cause: error });
  }
}

/**
 * The address of a host; an IPv4 one where it has several, as the Collector does: scrapers are given 127.0.0.1 as
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
