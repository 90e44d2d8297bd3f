import { isIPv6 } from 'node:net';
import { accept, type Parsed, parsedBy, refuse } from './parsed.js';
import { socketPathRefusal } from './socket-path.js';

/** Where to listen. Without a host on every interface; with port 0 on any free port. */
export interface Endpoint {
  readonly host: string | undefined;
  readonly port: number;
}

const HOST_AND_PORT = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/;
const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const MAX_PORT = 65_535;

/** Reads `localhost:9464`, `[::1]:9464`, or `:9464` for every interface, as the Collector does. */
export function parseEndpoint(input: unknown): Parsed<Endpoint> {
  const text = typeof input === 'string' ? input : '';
  const [, writtenHost, writtenPort] = HOST_AND_PORT.exec(text) ?? [];
  if (writtenHost === undefined || writtenPort === undefined) return refuse(notAnEndpoint(input));
  const port = Number(writtenPort);
  if (port > MAX_PORT) return refuse(`has no valid port; give a port from 0 to ${MAX_PORT}`);
  if (writtenHost === '') return accept({ host: undefined, port });
  const bracketed = writtenHost.startsWith('[');
  const host = bracketed ? writtenHost.slice(1, -1) : writtenHost;
  if (bracketed && !isIPv6(host)) return refuse('has no IPv6 address in its brackets');
  if (!bracketed && !HOST_NAME.test(host))
    return refuse('has no valid host; give host:port, as localhost:9464');
  return accept({ host, port });
}

function notAnEndpoint(input: unknown): string {
  const text = typeof input === 'string' || typeof input === 'number' ? String(input) : '';
  if (/^\d+$/.test(text)) {
    return `is not host:port; write localhost:${text}, or :${text} for every interface`;
  }
  if (text.includes('://')) return 'is a URL; give only host:port, as localhost:9464';
  if (text.split(':').length > 2) {
    return 'is not host:port; an IPv6 address goes in brackets, as "[::1]:9464"';
  }
  return 'is not host:port; give a host and a port, as localhost:9464';
}

/** An address to listen on, as host:port. */
export function endpoint() {
  return parsedBy(parseEndpoint, { type: 'string', pattern: HOST_AND_PORT.source });
}

const UNIX_SCHEME = 'unix://';

/** Reads an http:// or https:// URL. The text is kept as written. */
export function parseHttpUrl(input: unknown): Parsed<string> {
  if (typeof input !== 'string') return refuse('is not a URL; give one as http://localhost:4318');
  if (!/^https?:\/\//i.test(input)) {
    return refuse('is not an http:// or https:// URL; give one as http://localhost:4318');
  }
  return URL.canParse(input) ? accept(input) : refuse('is not a valid URL');
}

/** Reads an http:// or https:// URL, or unix:// followed by the absolute path of a socket. */
export function parseHttpOrUnixUrl(input: unknown): Parsed<string> {
  if (typeof input === 'string' && input.startsWith(UNIX_SCHEME)) {
    const path = input.slice(UNIX_SCHEME.length);
    if (!path.startsWith('/')) return refuse('has no absolute path; give it as unix:///run/otelcol.sock');
    const refusal = socketPathRefusal(path);
    return refusal === undefined ? accept(input) : refuse(refusal);
  }
  if (typeof input === 'string' && !/^https?:\/\//i.test(input)) {
    if (/^[^/:]+:4317$/.test(input))
      return refuse('has no scheme, and 4317 is the port of gRPC; write http://HOST:4318');
    if (/^[^/:]+:\d+(?:\/|$)/.test(input))
      return refuse('has no scheme; write http:// or https:// before it');
    return refuse('is not a URL udscope can send to; start it with http://, https:// or unix://');
  }
  return parseHttpUrl(input);
}

/** The socket path of a unix:// URL; undefined for any other URL. */
export function unixSocketPath(url: string): string | undefined {
  return url.startsWith(UNIX_SCHEME) ? url.slice(UNIX_SCHEME.length) : undefined;
}

export function httpUrl() {
  return parsedBy(parseHttpUrl, { type: 'string', format: 'uri', pattern: '^[Hh][Tt][Tt][Pp][Ss]?://' });
}

export function httpOrUnixUrl() {
  return parsedBy(parseHttpOrUnixUrl, {
    type: 'string',
    format: 'uri',
    pattern: '^(?:[Hh][Tt][Tt][Pp][Ss]?://|unix:///)',
  });
}
