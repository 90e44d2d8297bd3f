import assert from 'node:assert/strict';
import { c, chunk, get, s, times } from '../told/support/steps.js';
import { tell } from '../told/support/wire.js';

const HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const CHUNK = chunk(Buffer.alloc(30_000, 0x61));

/** `docker cp` leaves once it has its file, before the last chunk. */
describe('an answer that its client breaks off', () => {
  for (const protocols of [['http'], ['jsonrpc', 'http']]) {
    it(`has all bytes that were seen of it, as ${protocols.join(' and ')} tells it`, () => {
      const steps = [c(get('/a')), s(HEAD), ...times(40, () => s(CHUNK)).flat()].flat();
      const capture = { maxBytes: 512, tailBytes: 64, isTwoWay: true };
      const { events } = tell(steps as Parameters<typeof tell>[0], capture, protocols);
      const calls = events.filter((event) => event.type === 'call');
      assert.deepEqual(
        calls.map(({ responseBytes }) => responseBytes),
        [HEAD.length + 40 * CHUNK.length],
      );
      assert.equal(events.length - calls.length, 3, 'operations of which something was captured');
    });
  }
});
