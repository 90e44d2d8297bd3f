import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Child } from '../../../support/child.js';
import { useCleanup } from '../../../support/cleanup.js';
import type { RawStream } from '../../../support/raw-stream.js';
import { RelayFixture } from '../../../support/relay-fixture.js';

const SMALL = 1000;
const DESCRIPTORS_NEEDED = 4 * SMALL + 200;

/**
 * A turn of the loop moves one buffer of the bulk each way, and a round trip takes a few turns; the rest is
 * the time this thread needs to notice. A relay that stays with a busy peer would pass bulk without end.
 */
const BULK_BYTES_A_ROUND_TRIP = 16 * 2 ** 20;

function descriptorLimit(): number {
  const [, limit] = /Max open files\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
  return Number(limit);
}

describe('a thread that relays one bulk stream and 1,000 small ones', () => {
  const cleanup = useCleanup();
  const pairs: { client: RawStream; server: RawStream }[] = [];
  let relay: RelayFixture;
  let bulk: number;

  beforeEach(async function () {
    // Both ends of a thousand connections are in this process.
    if (descriptorLimit() < DESCRIPTORS_NEEDED) {
      if (this.currentTest) this.currentTest.title += ` (needs ${DESCRIPTORS_NEEDED} descriptors)`;
      this.skip();
    }
    relay = await RelayFixture.start(cleanup, { bufferBytes: 256 * 1024 });
    pairs.length = 0;
    for (let i = 0; i < SMALL; i++) pairs.push(await relay.connect());
    const upstream = `${relay.directory}/bulk`;
    const { path, listener } = relay.addListener({ upstream });
    bulk = listener;
    assert.equal(await Child.start(cleanup, 'flood', ['listen', upstream]).hear(), 'listen');
    assert.equal(await Child.start(cleanup, 'flood', ['connect', path]).hear(), 'connect');
  });

  function bulkBytes(): number {
    const { sendBytes, recvBytes } = relay.totals(bulk);
    return sendBytes + recvBytes;
  }

  async function roundTrip({ client, server }: { client: RawStream; server: RawStream }): Promise<void> {
    client.send(Buffer.from('?'));
    await server.receiveExactly(1);
    server.send(Buffer.from('!'));
    await client.receiveExactly(1);
  }

  it('lets each of them have its turn, one after the other', async () => {
    while (bulkBytes() < 2 ** 24) await nextTurn();
    const before = bulkBytes();
    for (const pair of pairs) await roundTrip(pair);
    const passed = bulkBytes() - before;
    assert.ok(passed < SMALL * BULK_BYTES_A_ROUND_TRIP, `${passed} bytes of bulk passed meanwhile`);
  });

  it('lets all of them have their turns at once', async () => {
    while (bulkBytes() < 2 ** 24) await nextTurn();
    const before = bulkBytes();
    await Promise.all(pairs.map(roundTrip));
    const passed = bulkBytes() - before;
    assert.ok(passed < 64 * BULK_BYTES_A_ROUND_TRIP, `${passed} bytes of bulk passed meanwhile`);
  });
});
