import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { decode } from '@msgpack/msgpack';
import type { ProtocolName } from '../../src/protocols/framings.js';

/** What others make of messages that are whole: all of their values, where a decoder of ours wants to know some. */
export interface Beside {
  readonly name: string;
  ask(message: Buffer): void;
  answer(message: Buffer): void;
}

const require = createRequire(import.meta.url);
const { unmarshall } = require('@homebridge/dbus-native/lib/message.js') as {
  unmarshall(message: Buffer): unknown;
};

interface MysqlPacket {
  haveMoreData(): boolean;
  readInt8(): number;
  readLengthCodedNumber(): number;
  readInt16(): number;
  readString(length: number | undefined, encoding: string): string;
}

/** The parser of mysql2 is none of what it exports. */
const MysqlPacket = require(
  join(dirname(require.resolve('mysql2/package.json')), 'lib/packets/packet.js'),
) as new (
  id: number,
  bytes: Buffer,
  from: number,
  to: number,
) => MysqlPacket;
const { Parser: PgParser } = require('pg-protocol/dist/parser.js') as {
  Parser: new () => { parse(bytes: Buffer, told: (message: unknown) => void): void };
};

/** Of ttrpc, the header in front of the message. */
const FRAME_BYTES = 10;

/** The same of HTTP/2. */
const FRAME_HEADER_BYTES = 9;
const LETTER_P = 0x50;
const PREFACE_BYTES = 24;

/** Parsers that are well known, for one conversation. */
export const BESIDE: Readonly<Record<ProtocolName, () => Beside>> = {
  jsonrpc: () => same('JSON.parse', (message) => JSON.parse(message.toString())),
  mcp: () => same('JSON.parse', (message) => JSON.parse(message.toString())),
  // Without the NUL behind it.
  grpc: hpackJs,
  varlink: () => same('JSON.parse', (message) => JSON.parse(message.toString('utf8', 0, message.length - 1))),
  dbus: () => same('@homebridge/dbus-native', unmarshall),
  ttrpc: () => same('@bufbuild/protobuf', readFields),
  mysql: mysqlPackets,
  msgpack_rpc: () => same('@msgpack/msgpack', decode),
  redis: redisDecoder,
  postgresql: pgProtocol,
  http: nodeHttp,
};

/** A client has no need to read what clients send. */
function pgProtocol(): Beside {
  const parser = new PgParser();
  return {
    name: 'pg-protocol, answers only',
    ask: () => {},
    answer: (bytes) => parser.parse(bytes, () => {}),
  };
}

function same(name: string, read: (message: Buffer) => unknown): Beside {
  return { name, ask: read, answer: read };
}

/** A query, and an OK. */
function mysqlPackets(): Beside {
  const packetOf = (message: Buffer) => {
    const packet = new MysqlPacket(message[3], message, 0, message.length);
    packet.readInt8();
    return packet;
  };
  return {
    name: 'mysql2',
    ask: (message) => packetOf(message).readString(undefined, 'utf8'),
    answer: (message) => {
      const packet = packetOf(message);
      packet.readLengthCodedNumber();
      packet.readLengthCodedNumber();
      packet.readInt16();
      packet.readInt16();
    },
  };
}

/** The fields of a message, which are all varints or have a length. Those of ttrpc's requests and responses are. */
function readFields(message: Buffer): void {
  const reader = new BinaryReader(message.subarray(FRAME_BYTES));
  while (reader.pos < reader.len) {
    const [, type] = reader.tag();
    if (type === 2) reader.bytes();
    else reader.skip(type);
  }
}

interface Decompressor {
  write(block: Buffer): void;
  execute(): void;
  read(): unknown;
}

/** The headers of frames alone: nobody keeps more of HTTP/2 that is synchronous. */
function hpackJs(): Beside {
  const { decompressor } = require('hpack.js') as {
    decompressor: { create(options: { table: { size: number } }): Decompressor };
  };
  const readerOf = () => {
    const reader = decompressor.create({ table: { size: 4096 } });
    return (message: Buffer) => {
      // Behind what a client begins with.
      for (let at = message[0] === LETTER_P ? PREFACE_BYTES : 0; at < message.length; ) {
        const end = at + FRAME_HEADER_BYTES + message.readUIntBE(at, 3);
        if (message[at + 3] === 1) reader.write(message.subarray(at + FRAME_HEADER_BYTES, end));
        at = end;
      }
      reader.execute();
      while (reader.read()) {}
    };
  };
  return { name: 'hpack.js', ask: readerOf(), answer: readerOf() };
}

interface RedisDecoder {
  write(message: Buffer): void;
}

const { Decoder } = require('@redis/client/dist/lib/RESP/decoder.js') as {
  Decoder: new (handlers: object) => RedisDecoder;
};

/** Commands are read as if they were replies, as a server would. */
function redisDecoder(): Beside {
  const decoder = new Decoder({ onReply() {}, onErrorReply() {}, onPush() {}, getTypeMapping: () => ({}) });
  return same('@redis/client', (message) => decoder.write(message));
}

interface NodeParser {
  initialize(type: number, resource: object): void;
  execute(bytes: Buffer): number | Error;
  [callback: number]: (...values: never[]) => void;
}

interface NodeParsers {
  new (): NodeParser;
  readonly REQUEST: number;
  readonly RESPONSE: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
}

/** Node.js has its parser of HTTP, llhttp with what makes strings of headers, for itself only. */
const { binding } = process as unknown as { binding(name: string): { HTTPParser: NodeParsers } };

/** One parser for requests and one for responses, as a connection has them. */
function nodeHttp(): Beside {
  const { HTTPParser } = binding.call(process, 'http_parser');
  const parserOf = (type: number) => {
    const parser = new HTTPParser();
    parser.initialize(type, {});
    let messages = 0;
    parser[HTTPParser.kOnHeadersComplete] = () => {};
    parser[HTTPParser.kOnBody] = () => {};
    parser[HTTPParser.kOnMessageComplete] = () => {
      messages++;
    };
    return (bytes: Buffer) => {
      const before = messages;
      const taken = parser.execute(bytes);
      if (taken !== bytes.length || messages === before) throw new Error(`node:http takes ${taken}`);
    };
  };
  return { name: 'node:http', ask: parserOf(HTTPParser.REQUEST), answer: parserOf(HTTPParser.RESPONSE) };
}
