import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SEND } from '../../src/protocols/direction.js';
import { jsonRpc } from '../../src/protocols/jsonrpc/protocol.js';
import type { Request } from '../../src/protocols/protocol.js';

const METHODS = 400;
const METHOD_BYTES = 60_000;

/** Far more than what is kept of the names takes, and far less than the names. */
const HELD_BYTES_MAX = 4 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('a request with a method that is far too long', () => {
  it('keeps no more of it in memory than it shows', () => {
    const requests: Request[] = [];
    const sink = { request: (request: Request) => requests.push(request), response() {}, undecodable() {} };
    const decoder = jsonRpc.createDecoder(sink, { keepPayload: false });
    const before = heapBytes();
    for (let id = 0; id < METHODS; id++) {
      const line = Buffer.from(`{"id":${id},"method":"${id}é${'x'.repeat(METHOD_BYTES)}"}\n\0`);
      decoder.data(SEND, line, 0, line.length - 1, 0);
    }
    const heldBytes = heapBytes() - before;
    assert.equal(requests.length, METHODS);
    assert.ok(requests.every(({ method }) => method.length === 256));
    assert.ok(heldBytes < HELD_BYTES_MAX, `${heldBytes} bytes are held`);
  });
});
