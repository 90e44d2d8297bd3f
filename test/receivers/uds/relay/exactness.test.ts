import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setSendBuffer } from '../../../../src/linux/socket.js';
import { useCleanup } from '../../../support/cleanup.js';
import { openDescriptors } from '../../../support/descriptors.js';
import { Flow } from '../../../support/flow.js';
import { randomNumbers } from '../../../support/pattern.js';
import { RelayFixture } from '../../../support/relay-fixture.js';

const KIB = 1024;

interface Conversation {
  up: Flow;
  down: Flow;
}

/** Sizes at which a relay that counts wrong would show it, then random ones. */
function sizes(bufferBytes: number, count: number, seed: number): number[] {
  const telling = [0, 1, bufferBytes - 1, bufferBytes, bufferBytes + 1, 2 * bufferBytes, 3 * bufferBytes];
  const random = randomNumbers(seed);
  const more = Array.from({ length: Math.max(0, count - telling.length) }, () =>
    Math.floor(random() * 4 * bufferBytes),
  );
  return [...telling, ...more].slice(0, count);
}

function sum(conversations: Conversation[], count: (conversation: Conversation) => number): number {
  return conversations.reduce((total, conversation) => total + count(conversation), 0);
}

/** What the relay says it has carried is between what has arrived and what has been sent, at any moment. */
function checkCounters(relay: RelayFixture, conversations: Conversation[]): void {
  const { sendBytes, recvBytes } = relay.totals();
  const range = (bytes: number, from: number, to: number) =>
    assert.ok(from <= bytes && bytes <= to, `${bytes} is not from ${from} to ${to}`);
  range(
    sendBytes,
    sum(conversations, ({ up }) => up.received),
    sum(conversations, ({ up }) => up.sent),
  );
  range(
    recvBytes,
    sum(conversations, ({ down }) => down.received),
    sum(conversations, ({ down }) => down.sent),
  );
}

async function converse(relay: RelayFixture, conversations: Conversation[]): Promise<void> {
  let open = conversations;
  while (open.length > 0) {
    let moved = false;
    for (const { up, down } of open) {
      moved = up.step() || moved;
      moved = down.step() || moved;
    }
    checkCounters(relay, conversations);
    open = open.filter(({ up, down }) => !up.ended || !down.ended);
    if (!moved) await nextTurn();
  }
}

describe('bytes through a relay', () => {
  const cleanup = useCleanup();

  async function open(relay: RelayFixture, count: number, bufferBytes: number, seed: number) {
    const chunkBytesMax = 1.5 * bufferBytes;
    const ups = sizes(bufferBytes, count, seed);
    const downs = sizes(bufferBytes, count, seed + 1).reverse();
    const conversations: Conversation[] = [];
    for (let i = 0; i < count; i++) {
      const { client, server } = await relay.connect();
      conversations.push({
        up: new Flow(client, server, { seed: seed + 2 * i, bytes: ups[i], chunkBytesMax }),
        down: new Flow(server, client, { seed: seed + 2 * i + 1, bytes: downs[i], chunkBytesMax }),
      });
    }
    return conversations;
  }

  for (const threads of [1, 2, 4]) {
    for (const bufferBytes of [4 * KIB, 256 * KIB]) {
      it(`are the ones that were sent, and counted exactly, with ${threads} threads and buffers of ${bufferBytes}`, async () => {
        const relay = await RelayFixture.start(cleanup, { threads, bufferBytes });
        const count = bufferBytes > 64 * KIB ? 20 : 60;
        const conversations = await open(relay, count, bufferBytes, 1000 * threads);
        await converse(relay, conversations);
        const { sendBytes, recvBytes, errors } = await relay.settled();
        assert.deepEqual(
          { sendBytes, recvBytes, errors },
          {
            sendBytes: sum(conversations, ({ up }) => up.options.bytes),
            recvBytes: sum(conversations, ({ down }) => down.options.bytes),
            errors: {},
          },
        );
      });
    }
  }

  it('are the ones that were sent by peers that can send only a little at a time', async () => {
    const bufferBytes = 64 * KIB;
    const relay = await RelayFixture.start(cleanup, { bufferBytes });
    const conversations = await open(relay, 20, bufferBytes, 77);
    for (const { up, down } of conversations) {
      up.from.setSendBuffer(1);
      down.from.setSendBuffer(1);
    }
    await converse(relay, conversations);
    assert.deepEqual((await relay.settled()).errors, {});
  });

  it('are the ones that were sent when the relay can send on only a little at a time', async () => {
    const bufferBytes = 64 * KIB;
    const before = new Set(openDescriptors());
    const relay = await RelayFixture.start(cleanup, { bufferBytes });
    const conversations = await open(relay, 20, bufferBytes, 78);
    // The relay's ends are among these, and what else is new does not mind.
    for (const fd of openDescriptors()) if (!before.has(fd)) setSendBuffer(fd, 1);
    for (const { up, down } of conversations) {
      up.from.setSendBuffer(2 ** 18);
      down.from.setSendBuffer(2 ** 18);
    }
    await converse(relay, conversations);
    assert.deepEqual((await relay.settled()).errors, {});
  });

  for (const factor of [1, 2, 5]) {
    it(`end where they end when they fill a buffer exactly ${factor} times`, async () => {
      const relay = await RelayFixture.start(cleanup, { bufferBytes: 4 * KIB, upstreamBacklog: 0 });
      const bytes = Buffer.alloc(factor * 4 * KIB, factor);
      const { client, server } = await relay.connectAfter((early) => {
        early.send(bytes);
        early.shutdown(1);
      });
      assert.deepEqual(await server.receiveAll(), { bytes, end: 'EOF' });
      assert.deepEqual([relay.totals().sendBytes, relay.totals().sendOps], [bytes.length, factor]);
      server.close();
      assert.deepEqual(await client.receiveAll(), { bytes: Buffer.alloc(0), end: 'EOF' });
    });
  }

  it('count one operation for each receive that returned data', async () => {
    const relay = await RelayFixture.start(cleanup);
    const { client, server } = await relay.connect();
    for (let i = 1; i <= 100; i++) {
      client.send(Buffer.alloc(i));
      await server.receiveExactly(i);
      server.send(Buffer.alloc(1));
      await client.receiveExactly(1);
    }
    const { sendOps, recvOps, sendBytes, recvBytes } = relay.totals();
    assert.deepEqual(
      { sendOps, recvOps, sendBytes, recvBytes },
      { sendOps: 100, recvOps: 100, sendBytes: 5050, recvBytes: 100 },
    );
  });
});
