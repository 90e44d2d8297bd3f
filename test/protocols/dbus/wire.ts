export const CALL = 1;
export const RETURN = 2;
export const ERROR = 3;
export const SIGNAL = 4;
export const NO_REPLY_EXPECTED = 1;

export const CLIENT_LINES = '\0AUTH EXTERNAL 31303030\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n';
export const SERVER_LINES = `OK ${'1234deadbeef0000'.repeat(2)}\r\nAGREE_UNIX_FD\r\n`;

/** Header fields by their names, and what else a message is made of. */
export interface Parts {
  readonly type: number;
  readonly serial: number;
  readonly flags?: number;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly errorName?: string;
  readonly replySerial?: number;
  readonly destination?: string;
  readonly sender?: string;
  readonly signature?: string;
  readonly body?: Buffer;
  readonly isBig?: boolean;
}

const CODES = [
  'path',
  'interface',
  'member',
  'errorName',
  'replySerial',
  'destination',
  'sender',
  'signature',
];

/** A message of D-Bus. */
export function dbusMessage(parts: Parts): Buffer {
  const { type, serial, flags = 0, body = Buffer.alloc(0), isBig = false } = parts;
  const word = (value: number) => {
    const bytes = Buffer.alloc(4);
    if (isBig) bytes.writeUInt32BE(value);
    else bytes.writeUInt32LE(value);
    return bytes;
  };
  let fields = Buffer.alloc(0);
  CODES.forEach((name, index) => {
    const value = parts[name as keyof Parts];
    if (value === undefined) return;
    fields = Buffer.concat([
      padded(fields),
      Buffer.from([index + 1]),
      variantOf(name, value as string | number, word),
    ]);
  });
  const start = Buffer.from([isBig ? 0x42 : 0x6c, type, flags, 1]);
  const header = Buffer.concat([start, word(body.length), word(serial), word(fields.length), fields]);
  return Buffer.concat([padded(header), body]);
}

function variantOf(name: string, value: string | number, word: (value: number) => Buffer): Buffer {
  if (typeof value === 'number') return Buffer.concat([Buffer.from('\x01u\0'), word(value)]);
  const text = Buffer.from(`${value}\0`);
  if (name === 'signature')
    return Buffer.concat([Buffer.from('\x01g\0'), Buffer.from([text.length - 1]), text]);
  return Buffer.concat([Buffer.from(name === 'path' ? '\x01o\0' : '\x01s\0'), word(text.length - 1), text]);
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((8 - (bytes.length % 8)) % 8)]);
}

/** A call, with a body of so many bytes. */
export function call(serial: number, member: string, more: Partial<Parts> = {}): Buffer {
  const names = {
    path: '/org/freedesktop/DBus',
    interface: 'org.freedesktop.DBus',
    destination: 'org.freedesktop.DBus',
  };
  return dbusMessage({ type: CALL, serial, member, ...names, ...more });
}

export function reply(replySerial: number, more: Partial<Parts> = {}): Buffer {
  return dbusMessage({ type: RETURN, serial: 1000 + replySerial, replySerial, ...more });
}

export function failure(replySerial: number, errorName: string, more: Partial<Parts> = {}): Buffer {
  return dbusMessage({ type: ERROR, serial: 1000 + replySerial, replySerial, errorName, ...more });
}
