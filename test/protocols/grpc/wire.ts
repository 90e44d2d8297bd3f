import { createRequire } from 'node:module';

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export const DATA = 0;
export const HEADERS = 1;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

export const END_STREAM = 1;
export const END_HEADERS = 4;
export const PADDED = 8;
export const PRIORITY = 32;

export const CANCEL = 8;
export const REFUSED_STREAM = 7;

export type Headers = Readonly<Record<string, string>>;

/** A frame of HTTP/2. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = new Uint8Array(),
): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** Without an index, so that each is read without those before it. */
export function plain(headers: Headers): Buffer {
  return Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]),
  );
}

/** A header that both ends remember. */
export function added(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0x40]), text(name), text(value)]);
}

/** The header with an index; 62 is the newest of those that were added. */
export function indexed(index: number): Buffer {
  return number(0x80, 7, index);
}

export function resized(bytes: number): Buffer {
  return number(0x20, 5, bytes);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([number(0, 7, bytes.length), bytes]);
}

function number(first: number, bits: number, value: number): Buffer {
  const mask = 2 ** bits - 1;
  if (value < mask) return Buffer.from([first | value]);
  const bytes = [first | mask];
  let left = value - mask;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  return Buffer.from([...bytes, left]);
}

export const settings = () => frame(SETTINGS, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100]));

const OF_REQUEST: Headers = {
  ':method': 'POST',
  ':scheme': 'http',
  ':path': '',
  ':authority': 'localhost',
  'content-type': 'application/grpc',
  te: 'trailers',
};

export const requestHeaders = (path: string, more: Headers = {}): Headers => ({
  ...OF_REQUEST,
  ':path': path,
  ...more,
});

export const RESPONSE_HEADERS: Headers = { ':status': '200', 'content-type': 'application/grpc' };

/** The headers of a call. */
export function ask(stream: number, path: string, more: Headers = {}): Buffer {
  return frame(HEADERS, END_HEADERS, stream, plain(requestHeaders(path, more)));
}

/** What headers hold, as they are. */
export function block(stream: number, bytes: Uint8Array, flags = 0): Buffer {
  return frame(HEADERS, END_HEADERS | flags, stream, bytes);
}

export function data(stream: number, bytes = 20, flags = 0): Buffer {
  return frame(DATA, flags, stream, Buffer.alloc(bytes, 'd'));
}

export function opened(stream: number): Buffer {
  return block(stream, plain(RESPONSE_HEADERS));
}

export function trailers(stream: number, status = '0', more: Headers = {}): Buffer {
  return block(stream, plain({ 'grpc-status': status, ...more }), END_STREAM);
}

/** A response without data: of a call that has failed. */
export function refused(stream: number, status: string, more: Headers = {}): Buffer {
  return block(stream, plain({ ...RESPONSE_HEADERS, 'grpc-status': status, ...more }), END_STREAM);
}

export function reset(stream: number, code: number): Buffer {
  return frame(RST_STREAM, 0, stream, Buffer.from([0, 0, 0, code]));
}

export function goAway(last: number, code = 0): Buffer {
  return frame(GOAWAY, 0, 0, Buffer.from([0, 0, 0, last, 0, 0, 0, code]));
}

interface Compressor {
  write(headers: readonly { name: string; value: string }[]): void;
  read(): Buffer;
}

const { compressor } = createRequire(import.meta.url)('hpack.js') as {
  compressor: { create(options: { table: { size: number } }): Compressor };
};

/** What writes headers as programs do, with an index and in fewer bits. */
export function compressing(): (headers: Headers) => Buffer {
  const one = compressor.create({ table: { size: 4096 } });
  return (headers) => {
    one.write(Object.entries(headers).map(([name, value]) => ({ name, value })));
    const parts: Buffer[] = [];
    for (let part = one.read(); part !== null && part !== undefined; part = one.read()) parts.push(part);
    return Buffer.concat(parts);
  };
}
