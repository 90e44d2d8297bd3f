/** Packets of MySQL, as the documentation of its protocol has them. */

export const MORE_RESULTS = 0x0008;
export const CURSOR_EXISTS = 0x0040;

const CAPABILITIES = 0x00aaa685;
export const COMPRESS = 0x20;
export const SSL = 0x800;

export function packet(number: number, ...parts: readonly (Buffer | string | number[])[]): Buffer {
  const payload = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  header[3] = number;
  return Buffer.concat([header, payload]);
}

export function greeting(version = '8.0.36'): Buffer {
  return packet(
    0,
    [10],
    `${version}\0`,
    [8, 0, 0, 0],
    'abcdefgh\0',
    [0xff, 0xff, 0x21, 2, 0, 0xff, 0xdf, 21],
    Buffer.alloc(10),
    'abcdefghijkl\0',
    'mysql_native_password\0',
  );
}

export function login({
  database,
  capabilities = 0,
}: {
  database?: string;
  capabilities?: number;
} = {}): Buffer {
  const fixed = Buffer.alloc(32);
  fixed.writeUInt32LE((CAPABILITIES | capabilities | (database === undefined ? 0 : 8)) >>> 0, 0);
  fixed.writeUInt32LE(0x1000000, 4);
  fixed[8] = 0x21;
  return packet(
    1,
    fixed,
    'root\0',
    [20],
    Buffer.alloc(20, 7),
    database === undefined ? '' : `${database}\0`,
    'mysql_native_password\0',
  );
}

export function sslRequest(): Buffer {
  const fixed = Buffer.alloc(32);
  fixed.writeUInt32LE((CAPABILITIES | SSL) >>> 0, 0);
  return packet(1, fixed);
}

export const command = (code: number, ...parts: readonly (Buffer | string | number[])[]) =>
  packet(0, [code], ...parts);
export const query = (text: string) => command(3, text);
export const prepare = (text: string) => command(0x16, text);
export const execute = (statement: number) => command(0x17, word(statement), [0, 1, 0, 0, 0]);

export function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export const ok = (number = 1, status = 2, text = '') => packet(number, [0, 0, 0, status, 0, 0, 0], text);
export const eof = (number: number, status = 2) => packet(number, [0xfe, 0, 0, status, 0]);
/** An OK that ends rows, for clients with CLIENT_DEPRECATE_EOF. */
export const okOfRows = (number: number, status = 2) => packet(number, [0xfe, 0, 0, status, 0, 0, 0]);

export function failure(code: number, { number = 1, text = 'no', state = '42S02' } = {}): Buffer {
  return packet(number, [0xff, code & 255, code >> 8], `#${state}`, text);
}

export function definition(number: number, name: string): Buffer {
  const names = ['def', 'shop', 'orders', 'orders', name, name];
  return packet(
    number,
    ...names.flatMap((text) => [[text.length], text]),
    [0x0c, 0x21, 0, 0xff, 0, 0, 0, 0xfd, 1, 0, 0, 0, 0],
  );
}

export const row = (number: number, ...values: readonly string[]) =>
  packet(number & 255, ...values.flatMap((text) => [[text.length], text]));

interface SetOptions {
  /** The number of its first packet. */
  first?: number;
  isDeprecating?: boolean;
  status?: number;
  /** What ends it instead of the end of its rows. */
  end?: (number: number) => Buffer;
}

/** A set of rows with two columns. */
export function rows(
  values: readonly (readonly string[])[],
  { first = 1, isDeprecating = false, status = 2, end }: SetOptions = {},
): Buffer {
  let number = first;
  const packets = [packet(number++, [2]), definition(number++, 'id'), definition(number++, 'name')];
  if (!isDeprecating) packets.push(eof(number++, status));
  for (const each of values) packets.push(row(number++, ...each));
  const last = end ?? ((at: number) => (isDeprecating ? okOfRows(at, status) : eof(at, status)));
  packets.push(last(number & 255));
  return Buffer.concat(packets);
}

/** The answer to COM_STMT_PREPARE, for a statement with one parameter and one column. */
export function prepared(statement: number, isDeprecating = false): Buffer {
  const packets = [packet(1, [0], word(statement), [1, 0, 1, 0, 0, 0, 0])];
  let number = 2;
  for (const name of ['?', 'id']) {
    packets.push(definition(number++, name));
    if (!isDeprecating) packets.push(eof(number++));
  }
  return Buffer.concat(packets);
}
