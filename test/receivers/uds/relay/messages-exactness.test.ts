import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import fc from 'fast-check';
import { Cleanup, useCleanup } from '../../../support/cleanup.js';
import { countOf } from '../../../support/descriptors.js';
import { eventually } from '../../../support/eventually.js';
import { MessageEnd } from '../../../support/message-end.js';
import { RelayFixture } from '../../../support/relay-fixture.js';

/** A message of one side: its length, and how many descriptors it has. */
const message = fc.record({
  isClient: fc.boolean(),
  bytes: fc.oneof(fc.constantFrom(0, 1, 4096, 65_536, 200_000), fc.integer({ min: 0, max: 3000 })),
  fds: fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 30 }) },
  ),
});

describe('messages of random lengths, with and without descriptors', () => {
  const cleanup = useCleanup();

  it('arrive as they were sent, whoever is slow, and leave nothing behind', async function () {
    this.timeout(120_000);
    const relay = await RelayFixture.start(cleanup, { serve: false, listener: { type: 'seqpacket' } });
    const upstream = MessageEnd.bind('seqpacket', relay.upstreamPath, cleanup);
    const file = openSync('/proc/self/exe', 'r');
    cleanup.defer(() => closeSync(file));
    const script = fc.record({
      messages: fc.array(message, { maxLength: 60 }),
      sendBuffer: fc.constantFrom(undefined, 1, 20_000),
      reads: fc.integer({ min: 1, max: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(script, async ({ messages, sendBuffer, reads }) => {
        const own = new Cleanup();
        const client = MessageEnd.connect('seqpacket', relay.path, own);
        const server = await upstream.accept(own);
        for (const end of [client, server]) end.askForSenders();
        const longest = sendBuffer === undefined ? Number.POSITIVE_INFINITY : sendBuffer;
        if (sendBuffer !== undefined) client.setSendBuffer(sendBuffer);
        const expected: Record<'client' | 'server', { bytes: Buffer; fds: number }[]> = {
          client: [],
          server: [],
        };
        const take = async (side: 'client' | 'server') => {
          const { bytes, fds } = await (side === 'client' ? server : client).receiveMessage();
          const wanted = expected[side].shift();
          assert.deepEqual({ bytes, fds: fds.length }, wanted);
          for (const fd of fds) closeSync(fd);
        };
        for (const [i, { isClient, bytes, fds }] of messages.entries()) {
          const side = isClient ? 'client' : 'server';
          const length = isClient ? Math.min(bytes, longest) : bytes;
          const content = Buffer.alloc(length, i);
          const sending = { fds: new Array(fds).fill(file) };
          const from = isClient ? client : server;
          for (
            let sent = from.send(content, sending);
            typeof sent !== 'number';
            sent = from.send(content, sending)
          ) {
            assert.equal(sent, 'EAGAIN');
            if (expected[side].length > 0) await take(side);
            else await new Promise(setImmediate);
          }
          expected[side].push({ bytes: content, fds });
          if (i % reads === 0 && expected[side].length > 0) await take(side);
        }
        for (const side of ['client', 'server'] as const) while (expected[side].length > 0) await take(side);
        client.close();
        assert.equal(await server.receiveSome(), 'EOF');
        await own.run();
        await relay.settled();
      }),
      { numRuns: 25, seed: 44 },
    );
    await eventually('no descriptor is left', () => countOf(file) === 1);
    assert.deepEqual(relay.totals().errors, {});
  });
});
