import assert from 'node:assert/strict';
import { dbus } from '../../../src/protocols/dbus/protocol.js';
import { type Direction, RECV, SEND } from '../../../src/protocols/direction.js';
import { grpc } from '../../../src/protocols/grpc/protocol.js';
import { msgpackRpc } from '../../../src/protocols/msgpack-rpc/protocol.js';
import { mysql } from '../../../src/protocols/mysql/protocol.js';
import { HEAD_BYTES_MAX } from '../../../src/protocols/partial-unit.js';
import { postgresql } from '../../../src/protocols/postgresql/protocol.js';
import type { Protocol } from '../../../src/protocols/protocol.js';
import { redis } from '../../../src/protocols/redis/protocol.js';
import { ttrpc } from '../../../src/protocols/ttrpc/protocol.js';
import { varlink } from '../../../src/protocols/varlink/protocol.js';
import {
  CLIENT_LINES,
  call as dbusCall,
  failure as dbusFailure,
  reply as dbusReply,
  SERVER_LINES,
} from '../../protocols/dbus/wire.js';
import * as wire from '../../protocols/grpc/wire.js';
import { Ear, type Heard } from '../../protocols/listen.js';
import { call, failure, notice, reply } from '../../protocols/msgpack-rpc/wire.js';
import * as mysqlWire from '../../protocols/mysql/wire.js';
import * as pg from '../../protocols/postgresql/wire.js';
import * as resp from '../../protocols/redis/wire.js';
import {
  DATA,
  frame,
  REMOTE_CLOSED,
  request,
  response,
  failure as ttrpcFailure,
} from '../../protocols/ttrpc/wire.js';
import {
  call as varlinkCall,
  failure as varlinkFailure,
  reply as varlinkReply,
} from '../../protocols/varlink/wire.js';
import { CountedMemory } from '../counted-memory.js';
import { inTime } from '../in-time.js';
import { Random } from '../random.js';
import type { OpenTarget } from '../text-target.js';

/** What may be allocated, whatever lengths are read: so much, and as much for each byte. */
const ALLOCATED_BYTES_MAX = 2 ** 20;
const ALLOCATED_FOR_A_BYTE = 64;
/** Of texts from the wire, a name and a number. */
const ID_LENGTH_MAX = 255 + 16;
const NAME_LENGTH_MAX = 256;

/** Shows bytes of one direction, a character each, or both by turns, to a decoder: in one piece, in many, and with parts missing. */
function target(
  protocol: Protocol,
  sent: readonly Buffer[],
  received: readonly Buffer[],
  fragments: readonly string[],
): OpenTarget {
  const text = (messages: readonly Buffer[]) => Buffer.concat(messages).toString('latin1');
  return () => ({
    samples: [
      text(sent),
      text(received),
      ...sent.map((one) => text([one])),
      ...received.map((one) => text([one])),
    ],
    fragments: ['\0', '\xff', '"', '{', '}', '\n', 'x', ...fragments],
    check: (damaged) =>
      inTime(damaged.length, () => {
        const before = process.memoryUsage().arrayBuffers;
        const bytes = Buffer.from(damaged, 'latin1');
        const opening = [text(sent.slice(0, 1)), text(received.slice(0, 1))];
        for (const direction of [SEND, RECV] as const) {
          for (const before of ['', opening[direction]])
            checkPieces(protocol, Buffer.concat([Buffer.from(before, 'latin1'), bytes]), direction);
        }
        checkGaps(protocol, bytes);
        const allocated = process.memoryUsage().arrayBuffers - before;
        const limit = ALLOCATED_BYTES_MAX + ALLOCATED_FOR_A_BYTE * bytes.length;
        assert.ok(allocated < limit, `${allocated} bytes are allocated for ${bytes.length}`);
      }),
  });
}

function checkPieces(protocol: Protocol, bytes: Buffer, direction: Direction): void {
  const whole = hear(protocol, (ear) => void ear.data(direction, bytes));
  const random = new Random(bytes.length);
  const cut = hear(protocol, (ear) => {
    for (let at = 0; at < bytes.length; ) {
      const to = Math.min(bytes.length, at + 1 + random.below(random.oneOf([2, 40, 2000])));
      ear.data(direction, bytes.subarray(at, to));
      at = to;
    }
  });
  // Of a longer message that comes in pieces, less is kept than can be read in place.
  if (bytes.length <= HEAD_BYTES_MAX) assert.deepEqual(cut, whole, 'the same in one piece as in many');
}

function checkGaps(protocol: Protocol, bytes: Buffer): void {
  const random = new Random(bytes.length + 1);
  hear(protocol, (ear) => {
    for (let at = 0; at < bytes.length; ) {
      const to = Math.min(bytes.length, at + 1 + random.below(200));
      const direction = random.oneOf<Direction>([SEND, RECV]);
      const what = random.below(8);
      if (what === 0) ear.lose();
      else if (what < 3) ear.gap(direction, random.oneOf([0, 1, to - at, 2 ** 40]), random.below(2) === 0);
      else ear.data(direction, bytes.subarray(at, to));
      at = to;
    }
    ear.decoder.end(1);
  });
}

/** What is heard of what is said, all of it within bounds. */
function hear(protocol: Protocol, say: (ear: Ear) => void): Heard[] {
  const memory = new CountedMemory();
  const ear = new Ear(protocol, { keepPayload: true, memory });
  say(ear);
  const given = ear.listener.reasons.filter((reason) => reason === 'unknown_protocol').length;
  assert.equal(given, ear.decoder.hasGivenUp ? 1 : 0, 'it says that it gives up, once, when it does');
  ear.decoder.release();
  assert.equal(memory.held, 0, 'what was taken is given back');
  for (const one of ear.heard) {
    if (one.kind === 'undecodable') continue;
    assert.ok((one.id ?? '').length <= ID_LENGTH_MAX);
    const name = one.kind === 'request' ? one.method : (one.error?.code ?? '');
    assert.ok(name.length <= NAME_LENGTH_MAX, `${name.length} characters`);
  }
  return ear.heard;
}

const grpcHeaders = wire.compressing();
const METHOD = 'org.varlink.service.GetInfo';
const words = (...values: number[]) =>
  values.map((value) => Buffer.from(Uint32Array.of(value).buffer).toString('latin1')).join('');

export const protocolTargets: Readonly<Record<string, OpenTarget>> = {
  varlink: target(
    varlink,
    [
      varlinkCall(METHOD),
      varlinkCall(METHOD, { more: true }),
      varlinkCall(METHOD, { oneway: true }),
      varlinkCall(METHOD, { upgrade: true }),
    ],
    [varlinkReply(), varlinkReply({ continues: true }), varlinkReply(), varlinkFailure('a.b.C')],
    ['"method":', '"error":', '"continues":true', '"parameters":', 'a.B', '\\', ',', 'null'],
  ),
  dbus: target(
    dbus,
    [
      Buffer.from(CLIENT_LINES),
      dbusCall(1, 'Hello'),
      dbusCall(2, 'Get', { isBig: true }),
      dbusReply(9, { destination: ':1.5' }),
    ],
    [Buffer.from(SERVER_LINES), dbusReply(1), dbusFailure(2, 'a.B'), dbusCall(9, 'Get', { sender: ':1.5' })],
    [
      '\r\n',
      'BEGIN\r\n',
      'l\x01\0\x01',
      'B\x02\0\x01',
      '\x03\x01s\0',
      '\x05\x01u\0',
      words(0),
      words(2 ** 27),
      words(2 ** 32 - 1),
    ],
  ),
  ttrpc: target(
    ttrpc,
    [
      request(1, 'a.B', 'C'),
      request(3, 'a.B', 'D', { flags: REMOTE_CLOSED, metadata: { a: 'b' } }),
      frame(3, DATA, Buffer.from('x')),
    ],
    [
      response(1),
      frame(3, DATA, Buffer.from('x')),
      frame(3, DATA, Buffer.from('x'), REMOTE_CLOSED),
      ttrpcFailure(5, 5),
    ],
    [
      '\0\0\0\x05\0\0\0\x03\x02\0',
      '\0\x40\0\0',
      '\x0a\x02',
      '\x12\x7f',
      '\x2a\x03',
      '\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01',
      '\x08\x05',
    ],
  ),
  grpc: target(
    grpc,
    [
      Buffer.concat([wire.PREFACE, wire.settings()]),
      wire.block(1, grpcHeaders(wire.requestHeaders('/a.B/C', { 'grpc-timeout': '5S' }))),
      wire.data(1, 5, wire.END_STREAM),
      wire.block(3, grpcHeaders(wire.requestHeaders('/a.B/D')), wire.END_STREAM),
      wire.reset(3, wire.CANCEL),
      wire.frame(wire.HEADERS, 0, 5, wire.plain(wire.requestHeaders('/a.B/E')).subarray(0, 30)),
      wire.frame(
        wire.CONTINUATION,
        wire.END_HEADERS,
        5,
        wire.plain(wire.requestHeaders('/a.B/E')).subarray(30),
      ),
    ],
    [wire.settings(), wire.opened(1), wire.data(1), wire.trailers(1), wire.refused(5, '5'), wire.goAway(5)],
    [
      '\0\0\x04\x08\0\0\0\0\0',
      '\0\x40\0\0\0',
      '\xff\xff\xff\0\0',
      '\0\0\x05\x01\x25\0\0\0\x07',
      '\0\0\x01\x09\x04\0\0\0\x07',
      '\x3f\xff\xff\x7f',
      '\x7f\xff\xff\xff\x7f',
      '\xbe\xbf\xc0',
      '\x40\x85',
      '\x20',
      '\x83\x86\x44',
    ],
  ),
  redis: target(
    redis,
    [
      resp.command('SELECT', '1'),
      resp.command('MULTI'),
      resp.command('CONFIG', 'GET', 'a'),
      resp.command('SUBSCRIBE', 'a', 'b'),
      resp.command('EXEC'),
      resp.command('CLIENT', 'REPLY', 'SKIP'),
      resp.command('MONITOR'),
      resp.command('PSYNC', '?', '-1'),
      Buffer.from('PING "a b"\r\n'),
    ],
    [
      resp.OK,
      resp.QUEUED,
      resp.list([resp.OK, resp.error('ERR no')]),
      resp.published('subscribe', 'a', resp.number(1)),
      resp.published('message', 'a', resp.text('b'), '>'),
      resp.list([resp.text('a'), resp.number(1)], '|'),
      resp.status('1700000000.123456 [0 unix:/a] "get" "b"'),
      resp.NIL,
    ],
    [
      '\r\n',
      '*2\r\n',
      '*-1\r\n',
      '*2147483648\r\n',
      '$1099511627776\r\n',
      '$-1\r\n',
      '%9\r\n',
      '|1\r\n',
      '*?\r\n',
      '$?\r\n',
      ';3\r\n',
      ';0\r\n',
      '.\r\n',
      '>3\r\n',
      '!4\r\n',
      '+QUEUED\r\n',
    ],
  ),
  mysql: target(
    mysql,
    [
      mysqlWire.login({ database: 'shop' }),
      mysqlWire.query('SELECT a FROM b'),
      mysqlWire.prepare('INSERT INTO a VALUES (?)'),
      mysqlWire.execute(1),
      mysqlWire.command(0xfa, mysqlWire.word(0xffffffff), [0, 0, 0]),
      mysqlWire.command(2, 'shop'),
      mysqlWire.command(0x11, 'a\0\x01x', 'b\0'),
      mysqlWire.packet(2, 'of a file'),
      mysqlWire.packet(3),
    ],
    [
      mysqlWire.greeting('5.5.5-10.11.6-MariaDB'),
      mysqlWire.ok(2),
      mysqlWire.rows([['1', 'a']]),
      mysqlWire.prepared(1),
      mysqlWire.ok(1, mysqlWire.MORE_RESULTS),
      mysqlWire.rows([['1', 'a']], { first: 2, isDeprecating: true }),
      mysqlWire.failure(1146),
      mysqlWire.packet(1, [0xfb], 'file'),
    ],
    [
      '\xff\xff\xff\x01',
      '\x01\0\0\x01\x02',
      '\x05\0\0\x01\xfe\0\0\x08\0',
      '\x05\0\0\0\x03USE `',
      '\x01\0\0\x02\xfe',
      '\x03\0\0\x01\xff\xff\xff',
      "'",
      '`',
      '/*',
    ],
  ),
  msgpack_rpc: target(
    msgpackRpc,
    [call(1, 'nvim_eval', [1.5, { a: null }]), notice('a', new Uint8Array(3)), reply(7, 'x'.repeat(40))],
    [reply(1, [1, 'b']), failure(300, [0, 'x']), call(7, 'ask')],
    [
      '\x94\0\x01',
      '\x94\x01\x01\xc0',
      '\x93\x02',
      '\xdd\xff\xff\xff\xff',
      '\xdf\xff\xff\xff\xff',
      '\xdb\0\0\0\x05',
      '\xc9\0\0\0\x02',
      '\xcf',
      '\xa1a',
      '\x90',
    ],
  ),
  postgresql: target(
    postgresql,
    [
      pg.startup({ user: 'a', database: 'b' }),
      pg.query("SELECT 'x' FROM a"),
      ...pg.extended('INSERT INTO a VALUES ($1)'),
      pg.parse('COPY a FROM STDIN', 's'),
      pg.bind('s', 'p'),
      pg.execute('p'),
      pg.FLUSH,
      pg.SYNC,
      pg.copyData('x'),
      pg.COPY_DONE,
      pg.close('s'),
    ],
    [
      Buffer.concat(pg.WELCOME),
      pg.columns(),
      pg.row(),
      pg.row(),
      pg.complete('SELECT 2'),
      pg.ready(),
      pg.PARSED,
      pg.BOUND,
      pg.NO_DATA,
      pg.COPY_IN,
      pg.error('42P01'),
      pg.ready('E'),
      pg.notification('a'),
    ],
    [
      'Q\0\0\0\x08',
      'D\0\0\0\x06\0\0',
      'd\0\0\0\x04',
      'E\x3f\xff\xff\xff',
      'Z\0\0\0\x05T',
      '\0\0\0\x08\x04\xd2\x16\x2f',
      'N',
      'S\0\0\0\x04',
      'C42P01\0',
      '$$',
    ],
  ),
};
