import assert from 'node:assert/strict';
import { SEND } from '../../../src/protocols/direction.js';
import { Meter } from '../../../src/protocols/framing/meter.js';
import { PROTOCOLS } from '../../../src/protocols/index.js';

/** Steps for each byte of a header block. */
function stepsOf(block: string): number {
  const meter = new Meter();
  const framer = PROTOCOLS.http.createFramer(SEND, meter);
  const bytes = Buffer.from(`${block}x`);
  assert.equal(framer.next(bytes, 0, block.length), block.length);
  return meter.steps / block.length;
}

describe('What it takes to read a header block', () => {
  it('is counted for names like those that are looked for, which are compared byte by byte', () => {
    for (const line of ['c\n', 'content-lengt\n', 'transfer-encodin\n'])
      assert.ok(stepsOf(`GET / HTTP/1.1\n${line.repeat(500)}\n`) > 8, JSON.stringify(line));
  });

  it('is little for what clients send', () => {
    const headers = 'Host: api.moby.localhost\r\nUser-Agent: Docker-Client/24.0.5 (linux)\r\n';
    assert.ok(stepsOf(`GET /v1.43/containers/json HTTP/1.1\r\n${headers}\r\n`) < 3);
  });
});

describe('What it takes to pass over a body', () => {
  const MIB = 1024 * 1024;
  /** Steps for 16 MiB of a byte, which come in pieces. */
  const stepsOfBody = (fields: string, begins: string, byte: number) => {
    const meter = new Meter();
    const framer = PROTOCOLS.jsonrpc.createFramer(SEND, meter);
    const head = Buffer.from(`PUT /image HTTP/1.1\r\n${fields}\r\n\r\nx`);
    assert.equal(framer.next(head, 0, head.length - 1), head.length - 1);
    framer.next(Buffer.from(`${begins}x`), 0, begins.length);
    const before = meter.steps;
    const piece = Buffer.alloc(MIB + 1, byte);
    for (let i = 0; i < 16; i++) framer.next(piece, 0, MIB);
    return meter.steps - before;
  };

  it('does not grow with it, if it is nothing but zeros or blanks', () => {
    for (const byte of [0, 0x20]) {
      assert.ok(stepsOfBody(`Content-Length: ${16 * MIB}`, '', byte) < 5000, `${byte}, with its length`);
      assert.ok(stepsOfBody('Transfer-Encoding: chunked', '1000000\r\n', byte) < 5000, `${byte}, in a chunk`);
    }
  });
});
