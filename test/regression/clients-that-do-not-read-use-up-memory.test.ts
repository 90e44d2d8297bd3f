import assert from 'node:assert/strict';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { RelayFixture } from '../support/relay-fixture.js';

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const CONNECTIONS = 200;
const PARKED_BYTES = 16 * MIB;

/** What the test and the connections themselves take. */
const OTHER_BYTES = 16 * MIB;

describe('connections of a client that does not read, and whose upstream does not either', () => {
  const cleanup = useCleanup();

  it('have no more kept for them than the client may have, and every byte arrives in the end', async () => {
    const relay = await RelayFixture.start(cleanup, {
      bufferBytes: 256 * KIB,
      clientShare: { connections: 1000, parkedBytes: PARKED_BYTES },
    });
    const pairs = [];
    for (let i = 0; i < CONNECTIONS; i++) pairs.push(await relay.connect());
    const streams = pairs.flatMap(({ client, server }) => [client, server]);
    const chunk = Buffer.alloc(256 * KIB, 1);
    const rss = process.memoryUsage.rss();
    let idle = 0;
    await eventually('nobody can send any more', () => {
      idle = streams.reduce((sum, stream) => sum + stream.fill(chunk), 0) === 0 ? idle + 1 : 0;
      return idle === 10;
    });
    const grown = process.memoryUsage.rss() - rss;
    assert.ok(grown < PARKED_BYTES + OTHER_BYTES, `${Math.round(grown / MIB)} MiB are kept`);
    for (const { client, server } of pairs) {
      for (const [from, to] of [
        [client, server],
        [server, client],
      ]) {
        await eventually('all of it has arrived', () => {
          while (to.skip() > 0);
          return to.received === from.sent;
        });
      }
    }
    assert.deepEqual(relay.totals().errors, {});
  });
});
