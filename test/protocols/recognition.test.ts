import assert from 'node:assert/strict';
import { type Direction, RECV, SEND } from '../../src/protocols/direction.js';
import { CompetingFramers } from '../../src/protocols/framing/competing-framers.js';
import { type Framer, UNFINISHED } from '../../src/protocols/framing/framer.js';
import { Meter } from '../../src/protocols/framing/meter.js';
import { FRAMINGS, type ProtocolName } from '../../src/protocols/framings.js';
import { PROTOCOL_NAMES } from '../../src/protocols/names.js';
import { Random } from '../fuzz/random.js';
import * as dbus from './dbus/wire.js';
import * as grpc from './grpc/wire.js';
import * as msgpack from './msgpack-rpc/wire.js';
import * as mysql from './mysql/wire.js';
import * as postgresql from './postgresql/wire.js';
import * as redis from './redis/wire.js';
import * as ttrpc from './ttrpc/wire.js';
import * as varlink from './varlink/wire.js';

type Sample = readonly [sent: Buffer | string, received: Buffer | string];

/** A packet of MySQL with a payload of so many bytes. */
function sized(packet: Buffer, length: number): Buffer {
  const bytes = Buffer.concat([packet, Buffer.alloc(length)]).subarray(0, length + 4);
  bytes[0] = length;
  return bytes;
}

/** What each protocol is recognised by, in either direction alone. */
const OWN: Readonly<Partial<Record<ProtocolName, readonly Sample[]>>> = {
  varlink: [
    [varlink.call('org.varlink.service.GetInfo'), varlink.reply()],
    [varlink.call('a.B', { oneway: true }), varlink.failure('a.b.C')],
  ],
  dbus: [
    [dbus.CLIENT_LINES, dbus.SERVER_LINES],
    [dbus.call(1, 'Hello'), dbus.reply(1, { isBig: true })],
  ],
  postgresql: [
    [postgresql.startup({ user: 'a', database: 'b' }), Buffer.concat(postgresql.WELCOME)],
    [
      postgresql.startup({ database: 'b', user: 'a' }, 196_610),
      postgresql.message('v', '\0\x03\0\0\0\0\0\0'),
    ],
    [
      Buffer.concat([postgresql.opening(postgresql.SSL), postgresql.startup({ user: 'a' })]),
      Buffer.concat([Buffer.from('N'), ...postgresql.WELCOME]),
    ],
    [postgresql.opening(postgresql.GSS), Buffer.concat([Buffer.from('NN'), ...postgresql.WELCOME])],
    [postgresql.opening(postgresql.CANCEL, 'pidxkey1'), postgresql.error('28P01')],
    [
      Buffer.concat([postgresql.startup({ user: 'a' }), postgresql.query('SELECT 1')]),
      postgresql.error('3D000'),
    ],
  ],
  ttrpc: [
    [ttrpc.request(1, 'a.B', 'C'), ttrpc.response(1)],
    [ttrpc.request(1, 'a.B', 'C'), ttrpc.failure(1, 5)],
  ],
  mysql: [
    // Lengths that begin messages of others.
    ...[0x42, 0x6c, 0x7b, 0x93, 0x94].map(
      (length): Sample => [sized(mysql.login(), length), sized(mysql.greeting(), length)],
    ),
    [mysql.sslRequest(), mysql.greeting('5.5.5-10.11.6-MariaDB-0+deb12u1')],
    [mysql.login({ database: 'shop' }), mysql.packet(0, [0xff, 0x69, 0x04], "Host '::1' is not allowed")],
    [mysql.login(), mysql.greeting()],
    [mysql.login({ database: 'shop' }), mysql.greeting()],
  ],
  msgpack_rpc: [
    [msgpack.call(0, 'nvim_get_api_info'), msgpack.reply(0, [1, {}])],
    [msgpack.notice('redraw', 1), msgpack.failure(9, [0, 'x'])],
  ],
  grpc: [
    [
      Buffer.concat([grpc.PREFACE, grpc.settings(), grpc.ask(1, '/a.B/C')]),
      Buffer.concat([grpc.settings(), grpc.opened(1)]),
    ],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', '\0\0\0\x04\0\0\0\0\0\0\0\0\x04\x01\0\0\0\0'],
  ],
  redis: [
    [redis.command('PING'), redis.status('PONG')],
    [redis.command('AUTH', 'secret'), redis.error('WRONGPASS invalid username-password pair')],
    [redis.command('HELLO', '3'), redis.list([redis.text('server'), redis.text('redis')], '%')],
    [redis.command('GET', 'a'), redis.text('b')],
  ],
  jsonrpc: [
    ['{"jsonrpc":"2.0","id":1,"method":"a"}\n', '{"jsonrpc":"2.0","id":1,"result":1}\n'],
    ['{"method":"a","params":[],"id":1}\n', '{"result":1,"error":null,"id":1}\n'],
    ['POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'],
  ],
};

/** What none of those that were added to JSON-RPC may be recognised in. */
const FOREIGN: Readonly<Record<string, Sample>> = {
  'lines of JSON with the names of methods': ['{"method":"a.b.C","parameters":{}}\n', '{"parameters":{}}\n'],
  'records that end with a NUL': ['{"level":30,"time":1}\0', '{"ok":true}\0'],
  'QEMU: QMP': ['{"execute":"qmp_capabilities"}\r\n', '{"QMP":{"version":{},"capabilities":[]}}\r\n'],
  transmission: ['{"method":"torrent-get","arguments":{}}\0', '{"result":"success"}\0'],
  'lengths of four bytes, and an answer of zeros': [
    '\0\0\0\x04\0\0\0\0\0\0\0\x04\0\0\0\0',
    '\0\0\0\x04\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0\0',
  ],
  'HTTP/1.1': ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  'ssh-agent': ['\0\0\0\x01\x0b\0\0\0\x01\x0b\0\0\0\x01\x0b', '\0\0\0\x05\x0c\0\0\0\0\0\0\0\x05\x0c\0\0\0\0'],
  TLS: ['\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', '\x16\x03\x03\0\x7a\x02\0\0\x76\x03\x03'],
  SMTP: ['EHLO a\r\nQUIT\r\n', '220 mx ESMTP\r\n250 OK\r\n'],
  'MPD, which says OK': ['status\n', 'OK MPD 0.23.5\nvolume: 100\nOK\n'],
  'IMAP and others that say OK or ERROR': ['a LOGIN b c\r\n', 'OK ready\r\nERROR no\r\nDATA 5\r\n'],
  POP3: ['USER a\r\nPASS b\r\n', '+OK POP3 server ready\r\n'],
  NATS: ['CONNECT {"verbose":true}\r\nPING\r\n', 'INFO {"server_id":"a"}\r\n+OK\r\nPONG\r\n'],
  IRC: ['NICK a\r\nPING b\r\n', ':irc.example.org 001 a :Welcome\r\n'],
  FTP: ['TYPE I\r\nQUIT\r\n', '220 ready\r\n200 OK\r\n'],
  clamd: ['PING\n', 'PONG\n'],
  'memcached, which is asked as Redis might be': ['get foo\r\nset foo 0 0 3\r\nbar\r\n', 'END\r\nSTORED\r\n'],
  'memcached: meta commands': ['mg foo v\r\n', 'VA 3\r\nbar\r\n'],
  'memcached, binary': [
    Buffer.from(`8000000300${'0'.repeat(38)}`, 'hex'),
    Buffer.from(`81${'0'.repeat(46)}`, 'hex'),
  ],
  HTTP: ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  IMAP: ['a1 CAPABILITY\r\n', '* OK [CAPABILITY IMAP4rev1] ready\r\n'],
  'gdb, remote': ['+$qSupported:multiprocess+#c6', '+$PacketSize=4000#ff'],
  'text with lines of a list': ['* one\r\n* two\r\n', '- one\r\n- two\r\n+ three\r\n'],
  'a prompt': ['$ ls\r\n', '$ 5\r\n> x\r\n'],
  memcached: ['get foo\r\n', 'ERROR\r\nVALUE foo 0 3\r\nbar\r\nEND\r\n'],
  'Fluentd: msgpack': [Buffer.from('93a374616790', 'hex'), Buffer.from('81a361636ba178', 'hex')],
  'msgpack of another kind': [Buffer.from('94000102030400', 'hex'), Buffer.from('9301c0c0', 'hex')],
  Wayland: ['\x01\0\0\0\x01\0\x0c\0\x02\0\0\0', '\x02\0\0\0\0\0\x1c\0\x01\0\0\0\x07\0\0\0'],
  PulseAudio: ['\0\0\0\x0c\xff\xff\xff\xff\0\0\0\0\0\0\0\0\0\0\0\0', '\0\0\0\x14\xff\xff\xff\xff\0\0\0\0'],
};

const STRICT = PROTOCOL_NAMES.filter((name) => name in OWN && name !== 'jsonrpc');
const DIRECTIONS: readonly Direction[] = [SEND, RECV];

function show(framer: Framer, bytes: Buffer, step: number): void {
  for (let from = 0; from < bytes.length; from += step) {
    const to = Math.min(bytes.length, from + step);
    const piece = Buffer.concat([bytes.subarray(from, to), Buffer.from('"')]);
    for (let at = 0; at < to - from; ) {
      const end = framer.next(piece, at, to - from);
      if (end === UNFINISHED) break;
      at = end;
    }
  }
}

const framerOf = (name: ProtocolName, direction: Direction) =>
  FRAMINGS[name].createFramer(direction, new Meter());
const competing = (names: readonly ProtocolName[], direction: Direction) =>
  new CompetingFramers(
    names.map((name) => FRAMINGS[name]),
    direction,
    new Meter(),
  );
const bytesOf = (text: Buffer | string) => (typeof text === 'string' ? Buffer.from(text, 'latin1') : text);

describe('a stream whose protocol is not known', () => {
  for (const [name, samples] of Object.entries(OWN)) {
    it(`is recognised as ${name}, however it is cut, in either direction`, () => {
      for (const sample of samples) {
        for (const direction of DIRECTIONS) {
          for (const step of [1, 3, 1000]) {
            const names = PROTOCOL_NAMES.filter((each) => each in OWN);
            const framers = competing(names, direction);
            show(framers, bytesOf(sample[direction]), step);
            const found = framers.settled < 0 ? undefined : names[framers.settled];
            assert.equal(found, name, `${direction} ${step} ${sample[direction].toString('latin1')}`);
          }
        }
      }
    });
  }

  it('is none of those whose messages it is not', () => {
    const samples: (readonly [string, Sample])[] = [
      ...Object.entries(FOREIGN),
      ...Object.entries(OWN).flatMap(([name, own]) => own.map((sample) => [name, sample] as const)),
    ];
    for (const strict of STRICT) {
      for (const [name, sample] of samples) {
        if (name === strict) continue;
        for (const direction of DIRECTIONS) {
          for (const step of [1, 1000]) {
            const framer = framerOf(strict, direction);
            show(framer, bytesOf(sample[direction]), step);
            assert.equal(framer.isRecognised, false, `${name} is no ${strict}`);
          }
        }
      }
    }
  });

  it('is none of them if it is random bytes', () => {
    const random = new Random(1);
    for (let run = 0; run < 4000; run++) {
      const bytes = Buffer.from(Array.from({ length: 24 }, () => random.below(256)));
      for (const strict of STRICT) {
        for (const direction of DIRECTIONS) {
          const framer = framerOf(strict, direction);
          show(framer, bytes, 1000);
          assert.equal(framer.isRecognised, false, `${bytes.toString('hex')} is no ${strict}`);
        }
      }
    }
  });

  it('is recognised after a loss, by the first message that begins where a piece does', () => {
    for (const [name, samples] of Object.entries(OWN)) {
      const names = PROTOCOL_NAMES.filter((each) => each in OWN);
      const framers = competing(names, SEND);
      framers.lose();
      show(framers, Buffer.from('rest of something, "}\x01'), 1000);
      const [sent] = samples.at(-1)!;
      // The lines of D-Bus come only at the beginning.
      show(framers, bytesOf(sent), 1000);
      const found = framers.settled < 0 ? undefined : names[framers.settled];
      assert.equal(found, name);
    }
  });

  it('is recognised behind messages that were left out', () => {
    const later: Readonly<Record<string, Buffer | string>> = {
      varlink: varlink.call('a.b.C'),
      dbus: dbus.call(900, 'Get'),
      ttrpc: ttrpc.request(1001, 'a.B', 'C'),
      msgpack_rpc: msgpack.call(900, 'a'),
      grpc: grpc.ask(1001, '/a.B/C'),
      redis: redis.command('GET', 'a'),
      jsonrpc: '{"jsonrpc":"2.0","id":1,"method":"a"}\n',
    };
    for (const [name, sent] of Object.entries(later)) {
      const names = PROTOCOL_NAMES.filter((each) => each in OWN);
      const framers = competing(names, SEND);
      framers.skip(50, true);
      show(framers, bytesOf(sent), 1000);
      assert.equal(names[framers.settled], name);
    }
  });
});
