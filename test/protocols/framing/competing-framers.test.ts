import assert from 'node:assert/strict';
import { type Direction, RECV, SEND } from '../../../src/protocols/direction.js';
import { CompetingFramers } from '../../../src/protocols/framing/competing-framers.js';
import { mayBegin } from '../../../src/protocols/framing/first-byte.js';
import { UNFRAMED } from '../../../src/protocols/framing/framer.js';
import { Meter } from '../../../src/protocols/framing/meter.js';
import { distinctFramings, type ProtocolFraming } from '../../../src/protocols/framing/protocol-framing.js';
import { FRAMINGS } from '../../../src/protocols/framings.js';
import { Random } from '../../fuzz/random.js';

/** Of those that are framed alike, MCP is the first. */
const ALL = distinctFramings<ProtocolFraming>(Object.values(FRAMINGS));
const DIRECTIONS: readonly Direction[] = [SEND, RECV];

describe('mayBegin', () => {
  it('is false only of bytes that rule a protocol out, whatever follows them', () => {
    const random = new Random(1);
    let ruledOut = 0;
    for (const framing of ALL) {
      for (const direction of DIRECTIONS) {
        for (let byte = 0; byte < 256; byte++) {
          if (mayBegin(framing, direction, byte)) continue;
          ruledOut++;
          for (const length of [1, 2, 5, 9, 24]) {
            const bytes = Buffer.from(Array.from({ length: length + 1 }, () => random.below(256)));
            bytes[0] = byte;
            const framer = framing.createFramer(direction, new Meter());
            framer.next(bytes, 0, length);
            assert.equal(framer.framing, UNFRAMED, `${framing.name} ${direction} ${bytes.toString('hex')}`);
          }
        }
      }
    }
    assert.ok(ruledOut > 2000);
  });
});

describe('CompetingFramers', () => {
  /** Those that are made until a stream is settled that begins so. */
  function madeFor(text: string, direction: Direction): { made: string[]; settled: string | undefined } {
    const made: string[] = [];
    const framings = ALL.map((framing) => ({
      name: framing.name,
      createFramer: (...settings: Parameters<ProtocolFraming['createFramer']>) => {
        made.push(framing.name);
        return framing.createFramer(...settings);
      },
    }));
    // Each is asked once what it may begin with.
    for (const framing of framings) mayBegin(framing, direction, text.charCodeAt(0));
    made.length = 0;
    const framers = new CompetingFramers(framings, direction, new Meter());
    assert.deepEqual(made, []);
    framers.next(Buffer.from(`${text}\0`, 'latin1'), 0, text.length);
    return { made, settled: framings[framers.settled]?.name };
  }

  it('makes no framer of a protocol that the first byte rules out, nor of those behind the one that is spoken', () => {
    for (const [text, direction, name, most] of [
      ['\0AUTH EXTERNAL 30\r\n', SEND, 'dbus', 1],
      ['*1\r\n$4\r\nPING\r\n', SEND, 'redis', 2],
      ['+PONG\r\n', RECV, 'redis', 2],
      ['{"jsonrpc":"2.0","id":1,"method":"a"}\n', SEND, 'mcp', 3],
      ['GET /a HTTP/1.1\r\n\r\n', SEND, 'http', 4],
      ['HTTP/1.1 200 OK\r\n\r\n', RECV, 'http', 4],
    ] as const) {
      const { made, settled } = madeFor(text, direction);
      assert.equal(made.length <= most, true, `${text}: ${made}`);
      if (name !== 'http') assert.equal(settled, name);
    }
  });

  it('lets all of them take part where the first byte is missing', () => {
    for (const miss of [
      (framers: CompetingFramers) => framers.lose(),
      (framers: CompetingFramers) => framers.skip(20, true),
    ]) {
      const framers = new CompetingFramers(ALL, SEND, new Meter());
      miss(framers);
      // No stream of Redis begins so.
      framers.next(Buffer.alloc(13, 0xff), 0, 12);
      const command = Buffer.from('*2\r\n$3\r\nGET\r\n$1\r\na\r\n\0');
      framers.next(command, 0, command.length - 1);
      assert.equal(ALL[framers.settled]?.name, 'redis');
    }
  });
});
