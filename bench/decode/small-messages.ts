import type { ProtocolName } from '../../src/protocols/framings.js';

/** Small messages of protocols that are not JSON-RPC, as real programs send them; and a request of 64 KiB. */
interface Messages {
  readonly protocol: ProtocolName;
  /** What both ends say before, if they do, and refer to later. */
  readonly opening?: { readonly sent: Buffer; readonly received: Buffer };
  readonly request: Buffer;
  readonly response: Buffer;
  readonly long: Buffer;
}

const LONG_BYTES = 64 * 1024;
const filling = Buffer.alloc(LONG_BYTES, 'a');

const varlinkCall = (userName: string) =>
  Buffer.from(
    `{"method":"io.systemd.UserDatabase.GetUserRecord","parameters":{"userName":"${userName}","service":"x"}}\0`,
  );

function dbusMessage(type: number, fields: Buffer, body: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.set([0x6c, type, 0, 1]);
  header.writeUInt32LE(body.length, 4);
  header.writeUInt32LE(7, 8);
  header.writeUInt32LE(fields.length, 12);
  return Buffer.concat([header, fields, Buffer.alloc(-fields.length & 7), body]);
}

/** The field that says that the body is one string: the last, which is not padded. */
const SIGNATURE = Buffer.from([8, 1, 0x67, 0, 1, 0x73, 0]);

/** Fields of D-Bus, each with its code. */
function dbusFields(texts: readonly (readonly [number, string])[], replySerial = 0): Buffer {
  const parts: Buffer[] = texts.map(([code, text]) => {
    const field = Buffer.alloc((8 + text.length + 1 + 7) & ~7);
    field.set([code, 1, code === 1 ? 0x6f : 0x73, 0]);
    field.writeUInt32LE(text.length, 4);
    field.write(text, 8);
    return field;
  });
  if (replySerial > 0) parts.unshift(Buffer.from([5, 1, 0x75, 0, replySerial, 0, 0, 0]));
  return Buffer.concat([...parts, SIGNATURE]);
}

function dbusString(text: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, Buffer.alloc(1)]);
}

const dbusCall = (text: Buffer) =>
  dbusMessage(
    1,
    dbusFields([
      [1, '/org/freedesktop/DBus'],
      [2, 'org.freedesktop.DBus'],
      [3, 'GetNameOwner'],
      [6, 'org.freedesktop.DBus'],
    ]),
    dbusString(text),
  );

function ttrpcFrame(type: number, data: Buffer): Buffer {
  const header = Buffer.alloc(10);
  header.writeUInt32BE(data.length);
  header[7] = 1;
  header[8] = type;
  return Buffer.concat([header, data]);
}

function ttrpcCall(payload: Buffer): Buffer {
  const names = Buffer.from('\x0a\x17containerd.task.v2.Task\x12\x05State');
  const length = Buffer.from([
    0x1a,
    0x80 | (payload.length & 0x7f),
    0x80 | ((payload.length >> 7) & 0x7f),
    payload.length >> 14,
  ]);
  return ttrpcFrame(1, Buffer.concat([names, length, payload]));
}

function msgpackCall(text: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([
    Buffer.from([0x94, 0, 7, 0xa9]),
    Buffer.from('nvim_eval'),
    Buffer.from([0x91, 0xdb]),
    length,
    text,
  ]);
}

const redisSet = (value: Buffer) =>
  Buffer.concat([
    Buffer.from(`*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000042\r\n$${value.length}\r\n`),
    value,
    Buffer.from('\r\n'),
  ]);

/** A frame of HTTP/2 on stream 1; `flags`: 4 where headers end with it, 1 where its side of the stream does. */
function http2Frame(type: number, flags: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header.set([type, flags], 3);
  header[8] = type === 4 ? 0 : 1;
  return Buffer.concat([header, payload]);
}

/** Headers that both ends remember. */
const remembered = (headers: readonly (readonly [string, string])[]) =>
  Buffer.concat(
    headers.map(([name, value]) =>
      Buffer.concat([
        Buffer.from([0x40, name.length]),
        Buffer.from(name),
        Buffer.from([value.length]),
        Buffer.from(value),
      ]),
    ),
  );

/** Those of a call as the second has them: what was remembered last is 62, and `:method: POST` and `:scheme: http` are 3 and 6. */
const grpcCall = (message: Buffer) =>
  Buffer.concat([
    http2Frame(1, 4, Buffer.from([0x83, 0x86, 0xc2, 0xc1, 0xc0, 0xbf, 0xbe])),
    http2Frame(0, 1, message),
  ]);

const grpcOpening = {
  sent: Buffer.concat([
    Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    http2Frame(4, 0, Buffer.alloc(0)),
    http2Frame(
      1,
      5,
      remembered([
        [':path', '/containerd.services.containers.v1.Containers/Get'],
        [':authority', 'localhost'],
        ['content-type', 'application/grpc'],
        ['user-agent', 'grpc-go/1.63.2'],
        ['te', 'trailers'],
      ]),
    ),
  ]),
  received: Buffer.concat([
    http2Frame(4, 0, Buffer.alloc(0)),
    http2Frame(
      1,
      5,
      remembered([
        ['content-type', 'application/grpc'],
        ['grpc-status', '0'],
        ['grpc-message', ''],
      ]),
    ),
  ]),
};

function mysqlPacket(number: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(payload.length, 0, 3);
  header[3] = number;
  return Buffer.concat([header, payload]);
}

const mysqlQuery = (text: string) => mysqlPacket(0, Buffer.from(`\x03${text}`));
const mysqlOk = (number: number) => mysqlPacket(number, Buffer.from([0, 1, 0, 2, 0, 0, 0]));

function postgresqlMessage(type: string, body: string): Buffer {
  const header = Buffer.alloc(5);
  header.write(type);
  header.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([header, Buffer.from(body, 'latin1')]);
}

const postgresqlQuery = (name: string) =>
  postgresqlMessage('Q', `SELECT abalance FROM pgbench_accounts WHERE name = '${name}';\0`);

const mcpCall = (city: string) =>
  Buffer.from(
    `{"method":"tools/call","params":{"name":"get_weather","arguments":{"city":"${city}"}},"jsonrpc":"2.0","id":7}\n`,
  );

export const smallMessages: readonly Messages[] = [
  {
    protocol: 'varlink',
    request: varlinkCall('root'),
    response: Buffer.from(
      '{"parameters":{"record":{"userName":"root","uid":0,"gid":0},"incomplete":false}}\0',
    ),
    long: varlinkCall(filling.toString()),
  },
  {
    protocol: 'dbus',
    request: dbusCall(Buffer.from('org.example.X')),
    response: dbusMessage(
      2,
      dbusFields(
        [
          [6, ':1.42'],
          [7, 'org.freedesktop.DBus'],
        ],
        7,
      ),
      dbusString(Buffer.from(':1.7')),
    ),
    long: dbusCall(filling),
  },
  {
    protocol: 'ttrpc',
    request: ttrpcCall(Buffer.alloc(70, 1)),
    response: ttrpcFrame(2, Buffer.concat([Buffer.from([0x12, 60]), Buffer.alloc(60, 1)])),
    long: ttrpcCall(filling),
  },
  {
    protocol: 'grpc',
    opening: grpcOpening,
    request: grpcCall(Buffer.alloc(70, 1)),
    response: Buffer.concat([
      http2Frame(1, 4, Buffer.from([0x88, 0xc0])),
      http2Frame(0, 0, Buffer.alloc(60, 1)),
      http2Frame(1, 5, Buffer.from([0xbf, 0xbe])),
    ]),
    long: grpcCall(filling),
  },
  {
    protocol: 'msgpack_rpc',
    request: msgpackCall(Buffer.from('line("$")')),
    response: Buffer.from([0x94, 1, 7, 0xc0, 0xcd, 4, 0]),
    long: msgpackCall(filling),
  },
  {
    protocol: 'redis',
    request: redisSet(Buffer.from('abc')),
    response: Buffer.from('+OK\r\n'),
    long: redisSet(filling),
  },
  {
    protocol: 'mysql',
    request: mysqlQuery("UPDATE sbtest1 SET k=k+1, c='68487932199-96439406143' WHERE id=4711"),
    response: mysqlOk(1),
    long: mysqlQuery(`INSERT INTO files VALUES ('${filling.toString()}')`),
    opening: {
      sent: mysqlPacket(
        1,
        Buffer.concat([Buffer.from([5, 0xa2, 0, 0]), Buffer.alloc(28), Buffer.from('root\0\0')]),
      ),
      received: Buffer.concat([
        mysqlPacket(0, Buffer.from(`\x0a11.8.6-MariaDB\0${'a'.repeat(60)}`)),
        mysqlOk(2),
      ]),
    },
  },
  {
    protocol: 'postgresql',
    request: postgresqlQuery('a'),
    response: Buffer.concat([
      postgresqlMessage('T', `\0\x01abalance\0${'\0'.repeat(18)}`),
      postgresqlMessage('D', '\0\x01\0\0\0\x011'),
      postgresqlMessage('C', 'SELECT 1\0'),
      postgresqlMessage('Z', 'I'),
    ]),
    long: postgresqlQuery(filling.toString()),
    opening: {
      sent: Buffer.from('\0\0\0\x10\0\x03\0\0user\0a\0\0', 'latin1'),
      received: Buffer.concat([postgresqlMessage('R', '\0\0\0\0'), postgresqlMessage('Z', 'I')]),
    },
  },
  {
    protocol: 'mcp',
    request: mcpCall('Paris'),
    response: Buffer.from(
      '{"result":{"content":[{"type":"text","text":"sunny"}],"isError":false},"jsonrpc":"2.0","id":7}\n',
    ),
    long: mcpCall(filling.toString()),
  },
];
