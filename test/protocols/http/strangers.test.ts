import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Direction, RECV, SEND } from '../../../src/protocols/direction.js';
import { CompetingFramers } from '../../../src/protocols/framing/competing-framers.js';
import { UNFINISHED, UNFRAMED } from '../../../src/protocols/framing/framer.js';
import { Meter } from '../../../src/protocols/framing/meter.js';
import { PROTOCOLS } from '../../../src/protocols/index.js';
import { sshAgentMessage } from '../support/ssh-agent/wire.js';

/** How others begin: what a client of theirs sends, and what its server answers. */
const OTHERS: Readonly<Record<string, readonly [sent: string, received: string]>> = {
  'JSON-RPC in lines': ['{"jsonrpc":"2.0","id":1,"method":"a"}\n', '{"jsonrpc":"2.0","id":1,"result":1}\n'],
  'JSON-RPC as LSP has it': ['Content-Length: 2\r\n\r\n{}', 'Content-Length: 2\r\n\r\n{}'],
  'HTTP/2': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\0\0\x06\x04\0\0\0\0\0'],
  'HTTP/0.9': ['GET /a\r\n', '<html>\n'],
  Redis: ['*1\r\n$4\r\nPING\r\n', '+PONG\r\n'],
  'Redis, typed by hand': ['SET a b\r\n', '+OK\r\n'],
  SMTP: ['EHLO a\r\n', '220 mail ESMTP\r\n'],
  memcached: ['get a\r\n', 'END\r\n'],
  PostgreSQL: ['\0\0\0\x08\x04\xd2\x16\x2f', 'N'],
  MySQL: ['\x05\0\0\0\x01', 'J\0\0\0\x0a8.0'],
  'D-Bus': ['\0AUTH EXTERNAL 30\r\n', 'OK 1234deadbeef\r\n'],
  varlink: ['{"method":"org.varlink.service.GetInfo"}\0', '{"parameters":{}}\0'],
  TLS: ['\x16\x03\x01\x02\0\x01', '\x16\x03\x03'],
  SSH: ['SSH-2.0-OpenSSH_9\r\n', 'SSH-2.0-OpenSSH_9\r\n'],
  'ssh-agent': [sshAgentMessage(11).toString('latin1'), sshAgentMessage(5).toString('latin1')],
  'RTSP and others like HTTP': ['OPTIONS rtsp://a RTSP/1.0\r\n', 'RTSP/1.0 200 OK\r\n'],
  'a log': ['INFO starting up\n', 'INFO started\n'],
};

const framerOf = (direction: Direction) => PROTOCOLS.http.createFramer(direction, new Meter());

describe('what is no HTTP', () => {
  for (const [name, texts] of Object.entries(OTHERS)) {
    it(`is ${name}, and not recognised for a moment`, () => {
      for (const direction of [SEND, RECV] as const) {
        const framer = framerOf(direction);
        for (const byte of Buffer.from(texts[direction], 'latin1')) {
          framer.next(Buffer.from([byte, 0]), 0, 1);
          assert.equal(framer.isRecognised, false);
        }
        assert.equal(framer.framing, UNFRAMED, `${direction}`);
      }
    });
  }

  it('is one direction in place of the other', () => {
    const [request, response] = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n\0'),
      Buffer.from('HTTP/1.1 200 OK\r\n\r\n\0'),
    ];
    for (const [direction, bytes] of [
      [SEND, response],
      [RECV, request],
    ] as const) {
      const framer = framerOf(direction);
      framer.next(bytes, 0, bytes.length - 1);
      assert.equal(framer.framing, UNFRAMED);
    }
  });

  it('is a head of which one byte that decides is another', () => {
    /** Each with what may stand in place of a byte of it: `M` of a method, `=` nothing else, `0` a digit, `.` anything. */
    const heads: readonly (readonly [Direction, head: string, decides: string])[] = [
      [SEND, 'GET /a HTTP/1.1\r\n', 'MMM=..========0..'],
      [SEND, 'POST /v1.43/containers/create?name=a HTTP/1.0\r\n', `MMMM=${'.'.repeat(31)}========0..`],
      [RECV, 'HTTP/1.1 200 OK\r\n', '=======0=000.....'],
    ];
    const mutation = fc.constantFrom(...heads).chain(([direction, head, decides]) => {
      const places = [...decides].flatMap((kind, at) => (kind === '.' ? [] : [at]));
      const another = fc.tuple(fc.constantFrom(...places), fc.integer({ min: 0, max: 255 }));
      return fc.tuple(fc.constant({ direction, head, decides }), another);
    });
    fc.assert(
      fc.property(mutation, fc.boolean(), ([{ direction, head, decides }, [at, byte]], isInPieces) => {
        const bytes = Buffer.from(`${head}\0`);
        fc.pre(!mayStand(decides[at], byte, bytes[at]));
        assert.equal(seen(direction, bytes, isInPieces).isRecognised, true);
        bytes[at] = byte;
        const { isRecognised, framing } = seen(direction, bytes, isInPieces);
        assert.deepEqual([isRecognised, framing], [false, UNFRAMED]);
      }),
      { numRuns: 1000 },
    );
  });
});

/** A framer that has been shown all but the last byte. */
function seen(direction: Direction, bytes: Buffer, isInPieces: boolean) {
  const framer = framerOf(direction);
  if (!isInPieces) framer.next(Buffer.from(bytes), 0, bytes.length - 1);
  else for (const byte of bytes.subarray(0, -1)) framer.next(Buffer.from([byte, 0]), 0, 1);
  return framer;
}

/** Blanks before a method are passed over, and behind a shorter one they end it. A letter of the version may be small. */
function mayStand(kind: string, byte: number, original: number): boolean {
  if (byte === original) return true;
  if (kind === '=' && (byte ^ original) === 0x20) return /[a-z]/.test(String.fromCharCode(byte));
  if (kind === '0') return /\d/.test(String.fromCharCode(byte));
  return kind === 'M' && /[A-Z\s-]/.test(String.fromCharCode(byte));
}

describe('HTTP and JSON-RPC, tried on one stream', () => {
  const competing = () => new CompetingFramers([PROTOCOLS.jsonrpc, PROTOCOLS.http], SEND, new Meter());

  it('are settled on once the request line has been seen', () => {
    const framers = competing();
    const line = Buffer.from('POST /a HTTP/1.1\r\n');
    for (const [i, byte] of line.entries()) {
      assert.equal(framers.settled, -1, `before byte ${i}`);
      framers.next(Buffer.from([byte, 0]), 0, 1);
    }
    assert.equal(framers.settled, 0);
  });

  it('leave a stream to the last that may be spoken, from its first unit on', () => {
    const framers = competing();
    const bytes = Buffer.from('ready.\n{"jsonrpc":"2.0","id":1,"method":"a"}\n\0');
    const first = framers.next(bytes, 0, bytes.length - 1);
    assert.equal(framers.settled, 0);
    assert.equal(first, 'ready.\n'.length);
    assert.notEqual(framers.next(bytes, first, bytes.length - 1), UNFINISHED);
  });
});
