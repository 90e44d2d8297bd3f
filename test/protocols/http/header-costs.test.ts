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
