import assert from 'node:assert/strict';
import { type Direction, RECV, SEND } from '../../src/protocols/direction.js';
import { CompetingFramers } from '../../src/protocols/framing/competing-framers.js';
import { UNFINISHED, UNFRAMED } from '../../src/protocols/framing/framer.js';
import { Meter } from '../../src/protocols/framing/meter.js';
import { FRAMINGS, type ProtocolName } from '../../src/protocols/framings.js';
import * as wire from './grpc/wire.js';

const REQUEST = Buffer.from('POST /grpc HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
const RESPONSE = Buffer.from('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
const FIRST = {
  client: [wire.PREFACE, wire.settings(), wire.ask(1, '/a.B/C'), wire.data(1, 3000)],
  server: [wire.settings(), wire.opened(1), wire.data(1, 3000), wire.trailers(1)],
  'server without settings of its own': [wire.frame(wire.SETTINGS, 0, 0, Buffer.alloc(0)), wire.opened(1)],
};

const TRIED: readonly (readonly ProtocolName[])[] = [
  ['http', 'grpc'],
  ['grpc', 'jsonrpc', 'http'],
  ['grpc', 'mcp', 'http'],
];

function framersOf(tried: readonly ProtocolName[], direction: Direction): CompetingFramers {
  return new CompetingFramers(
    tried.map((name) => FRAMINGS[name]),
    direction,
    new Meter(),
  );
}

/** Where units end in a stream that comes in pieces. */
function endsIn(framers: CompetingFramers, pieces: readonly Uint8Array[]): number[] {
  const ends: number[] = [];
  let base = 0;
  for (const piece of pieces) {
    const bytes = Buffer.concat([piece, Buffer.from('"')]);
    for (let at = 0; at < piece.length; ) {
      const behind = bytes[piece.length];
      const end = framers.next(bytes, at, piece.length);
      bytes[piece.length] = behind;
      if (end === UNFINISHED) break;
      if (end > at) ends.push(base + end);
      at = end;
    }
    base += piece.length;
  }
  return ends;
}

function sums(parts: readonly Uint8Array[]): number[] {
  let sum = 0;
  return parts.map((part) => {
    sum += part.length;
    return sum;
  });
}

describe('HTTP/2 behind an upgrade of HTTP/1.1', () => {
  for (const tried of TRIED) {
    for (const [direction, head] of [
      [SEND, REQUEST],
      [RECV, RESPONSE],
    ] as const) {
      for (const [role, frames] of Object.entries(FIRST)) {
        const parts = [head, ...frames];
        const all = Buffer.concat(parts);
        const name = `${tried.join(', ')}: what is ${direction === SEND ? 'sent' : 'received'} as a ${role}`;
        it(`is framed, wherever pieces end: ${name}`, () => {
          for (let cut = 1; cut < Math.min(all.length, head.length + 400); cut++) {
            const framers = framersOf(tried, direction);
            const ends = endsIn(framers, [all.subarray(0, cut), all.subarray(cut)]);
            assert.deepEqual(ends, sums(parts), `cut at ${cut}`);
          }
          const whole = framersOf(tried, direction);
          assert.deepEqual(endsIn(whole, [all]), sums(parts));
          const bytewise = framersOf(tried, direction);
          assert.deepEqual(
            endsIn(
              bytewise,
              Array.from(all, (byte) => Uint8Array.of(byte)),
            ),
            sums(parts),
          );
        });
      }
    }
  }

  it('is framed behind earlier exchanges on the connection', () => {
    const get = Buffer.from('GET /a HTTP/1.1\r\nHost: a\r\n\r\n');
    const ok = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n');
    const sent = [get, get, REQUEST, ...FIRST.client];
    const received = [ok, Buffer.from('ok'), ok, Buffer.from('[]'), RESPONSE, ...FIRST.server];
    for (const tried of TRIED) {
      for (const [direction, parts] of [
        [SEND, sent],
        [RECV, received],
      ] as const)
        assert.deepEqual(endsIn(framersOf(tried, direction), parts), sums(parts), `${tried} ${direction}`);
    }
  });

  for (const [what, first] of Object.entries({
    'frames of WebSocket': Buffer.from([0x81, 5, 1, 2, 3, 4, 5]),
    'a raw stream of Docker': Buffer.from([1, 0, 0, 0, 0, 0, 0, 3, 0x61, 0x62, 0x63]),
    'a shell': Buffer.from('PRINTF hello\r\n'),
    'a preface that is none': Buffer.from('PRI * HTTP/2.0\r\n\r\nMS\r\n\r\n'),
    zeros: Buffer.alloc(40),
  })) {
    it(`is not ${what}: that is not framed`, () => {
      for (const tried of TRIED) {
        for (const [direction, head] of [
          [SEND, REQUEST],
          [RECV, RESPONSE],
        ] as const) {
          const framers = framersOf(tried, direction);
          endsIn(framers, [head, first.subarray(0, 2), first.subarray(2), REQUEST]);
          // Of what is sent it is not known that it is no request, as long as it may be one.
          if (what !== 'a shell' || direction === RECV) assert.equal(framers.framing, UNFRAMED, `${tried}`);
        }
      }
    });
  }
});
