import type { Direction } from '../../../src/protocols/direction.js';
import { RECV, SEND } from '../../../src/protocols/direction.js';

/** What happens on a connection, at one moment. */
export type Step =
  | {
      readonly kind: 'bytes';
      readonly direction: Direction;
      readonly operations: readonly Buffer[];
      /** Its records do not reach the decoder. */
      readonly isLost?: boolean;
    }
  /** Time passes beside what a step takes. */
  | { readonly kind: 'pause'; readonly ms: number }
  /** A record of the connection is lost between the relay and the decoder. */
  | { readonly kind: 'loss' };

/** A conversation is one step behind the other; several that belong together may be in a list of their own. */
export type Steps = readonly (Step | Steps)[];

type Bytes = string | Buffer;

/** The client writes; each argument by itself. */
export const c = (...operations: readonly Bytes[]): Step => bytes(SEND, operations);

/** The server writes. */
export const s = (...operations: readonly Bytes[]): Step => bytes(RECV, operations);

export const pause = (ms: number): Step => ({ kind: 'pause', ms });

export const loss: Step = { kind: 'loss' };

function bytes(direction: Direction, operations: readonly Bytes[]): Step {
  return { kind: 'bytes', direction, operations: operations.map((each) => Buffer.from(each as string)) };
}

export const json = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** A text a line. */
export const line = (value: unknown): string => `${json(value)}\n`;

/** As an LSP server frames it. */
export const lsp = (value: unknown): string =>
  `Content-Length: ${Buffer.byteLength(json(value))}\r\n\r\n${json(value)}`;

/** A message of the client, and what the server says to it, in the same framing. */
export const turn = (ask: unknown, answer: unknown, framed = line): Steps => [
  c(framed(ask)),
  s(framed(answer)),
];

interface Head {
  readonly headers?: string;
  readonly path?: string;
  readonly type?: string;
  readonly status?: string;
}

export function post(body: unknown, { headers = '', path = '/' }: Head = {}): Buffer {
  const content = body instanceof Buffer ? body : Buffer.from(json(body));
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}`;
  return Buffer.concat([Buffer.from(`${head}Content-Length: ${content.length}\r\n\r\n`), content]);
}

export const get = (path: string, headers = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`;

export function reply(
  body: unknown,
  { status = '200 OK', type = 'application/json', headers = '' }: Head = {},
): Buffer {
  const content = body instanceof Buffer ? body : Buffer.from(json(body));
  const head = `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\n${headers}`;
  return Buffer.concat([Buffer.from(`${head}Content-Length: ${content.length}\r\n\r\n`), content]);
}

/** Without any body, and without a length where a status has none. */
export const bare = (status: string, headers = ''): string => `HTTP/1.1 ${status}\r\n${headers}\r\n`;

const CHUNK = 200;

/** In chunks of `size` bytes. */
export function chunked(
  body: unknown,
  { status = '200 OK', type = 'application/json', headers = '', size = CHUNK }: Head & { size?: number } = {},
): Buffer {
  const content = body instanceof Buffer ? body : Buffer.from(json(body));
  const chunks: Buffer[] = [];
  for (let from = 0; from < content.length; from += size)
    chunks.push(chunk(content.subarray(from, from + size)));
  const head = `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\n${headers}Transfer-Encoding: chunked\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), ...chunks, Buffer.from('0\r\n\r\n')]);
}

export function chunk(content: Bytes): Buffer {
  const bytesOfIt = Buffer.from(content as string);
  return Buffer.concat([Buffer.from(`${bytesOfIt.length.toString(16)}\r\n`), bytesOfIt, Buffer.from('\r\n')]);
}

/** A request and an answer of JSON-RPC 2.0 in the order in which most libraries write their members. */
export const ask = (id: unknown, method: string, params: unknown = []): object => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
});
export const answer = (id: unknown, result: unknown): object => ({ jsonrpc: '2.0', id, result });
export const refusal = (id: unknown, code: number, message = 'refused', data?: unknown): object => ({
  jsonrpc: '2.0',
  id,
  error: { code, message, ...(data === undefined ? {} : { data }) },
});
export const note = (method: string, params: unknown = []): object => ({ jsonrpc: '2.0', method, params });

/** So many characters. */
export const long = (length: number, text = 'ab'): string =>
  text.repeat(Math.ceil(length / text.length)).slice(0, length);

/** `count` times what `step` makes of a number from 0 on. */
export const times = (count: number, step: (i: number) => Step | Steps): Steps =>
  Array.from({ length: count }, (_, i) => step(i));
