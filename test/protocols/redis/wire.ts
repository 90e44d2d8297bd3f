type Argument = string | Buffer;

const bulk = (value: Argument): Buffer =>
  Buffer.concat([
    Buffer.from(`$${Buffer.byteLength(value)}\r\n`),
    Buffer.from(value as string),
    Buffer.from('\r\n'),
  ]);

/** A command as clients send it. */
export const command = (...args: Argument[]): Buffer =>
  Buffer.concat([Buffer.from(`*${args.length}\r\n`), ...args.map(bulk)]);

export const text = (value: Argument): Buffer => bulk(value);

export const status = (value: string): Buffer => Buffer.from(`+${value}\r\n`);

export const error = (value: string): Buffer => Buffer.from(`-${value}\r\n`);

export const number = (value: number): Buffer => Buffer.from(`:${value}\r\n`);

/** An array, or another aggregate of as many values; of a map, each key and value. */
export const list = (values: readonly Buffer[], type = '*'): Buffer => {
  const count = type === '%' || type === '|' ? values.length / 2 : values.length;
  return Buffer.concat([Buffer.from(`${type}${count}\r\n`), ...values]);
};

/** What is published, in RESP2; with `>`, in RESP3. */
export const published = (kind: string, channel: string, last: Buffer, type = '*'): Buffer =>
  list([text(kind), text(channel), last], type);

export const OK = status('OK');
export const QUEUED = status('QUEUED');
export const NIL = Buffer.from('$-1\r\n');
