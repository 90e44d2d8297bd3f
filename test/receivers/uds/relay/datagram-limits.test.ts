import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { useCleanup } from '../../../support/cleanup.js';
import { countDescriptors } from '../../../support/descriptors.js';
import { eventually } from '../../../support/eventually.js';
import { MessageEnd } from '../../../support/message-end.js';
import { RawListener, RawStream } from '../../../support/raw-stream.js';
import { RelayFixture } from '../../../support/relay-fixture.js';

const TYPE = 'dgram';

/** Senders that are relayed at a time though nothing is left for them. */
const GUESTS = 4;

/** What the queue of a socket holds. */
const UPSTREAM_QUEUE = Number(readFileSync('/proc/sys/net/unix/max_dgram_qlen', 'utf8'));

describe('senders of datagrams', () => {
  const cleanup = useCleanup();

  async function start(connections: number): Promise<{ relay: RelayFixture; server: MessageEnd }> {
    const relay = await RelayFixture.start(cleanup, {
      serve: false,
      listener: { type: TYPE },
      clientShare: { connections, parkedBytes: Number.POSITIVE_INFINITY },
    });
    return { relay, server: MessageEnd.bind(TYPE, relay.upstreamPath, cleanup) };
  }

  it('keep a client with thousands of them within its share, and carry what it says', async () => {
    const { relay, server } = await start(20);
    const before = countDescriptors();
    for (let i = 0; i < 300; i++) {
      const end = MessageEnd.create(TYPE, cleanup);
      // The kernel may give the name of one that was closed.
      end.bind(`@udscope-${process.pid}-hello-${i}`);
      await end.sendInTime(`hello ${i}`, { to: relay.path });
      assert.equal((await server.receiveMessage()).bytes.toString(), `hello ${i}`);
      end.close();
    }
    const { opened, closed, errors } = relay.totals();
    assert.deepEqual({ opened, errors }, { opened: 300, errors: {} });
    assert.ok(opened - closed <= 20);
    await eventually('descriptors are closed', () => countDescriptors() <= before + 60);
  });

  it('give their places at the limit when they are gone, and then when no answer waits for them', async () => {
    const { relay, server } = await start(4);
    const ask = async () => {
      const end = MessageEnd.create(TYPE, cleanup);
      end.autobind();
      await end.sendInTime('question', { to: relay.path });
      const { from } = await server.receiveMessage();
      return { end, from: from as string };
    };
    // More answers wait for the first than it has room for, none for the second, and the third leaves.
    const [behind, silent, gone, last] = [await ask(), await ask(), await ask(), await ask()];
    const many = 3 * UPSTREAM_QUEUE;
    for (let i = 0; i < many; i++) await server.sendInTime(`answer ${i}`, { to: behind.from });
    for (const { from } of [silent, gone, last]) server.send('answer', { to: from });
    for (const { end } of [silent, gone, last]) await end.receiveMessage();
    gone.end.close();
    const fifth = await ask();
    assert.equal(server.send('still here', { to: silent.from }), 10);
    assert.equal((await silent.end.receiveMessage()).bytes.toString(), 'still here');
    server.send('still here', { to: last.from });
    await last.end.receiveMessage();
    server.send('still here', { to: fifth.from });
    await fifth.end.receiveMessage();
    await ask();
    assert.equal(typeof server.send('too late', { to: silent.from }), 'string');
    for (let i = 0; i < many; i++)
      assert.equal((await behind.end.receiveMessage()).bytes.toString(), `answer ${i}`);
    assert.deepEqual(relay.totals().errors, {});
  });

  it('are relayed where nothing is left for their client, and the last of them are answered', async () => {
    const { relay, server } = await start(1);
    const upstream = RawListener.listen(join(relay.directory, 'other'), cleanup);
    const other = relay.addListener({ upstream: join(relay.directory, 'other') });
    const stream = await RawStream.connectInTime(other.path, cleanup);
    await upstream.accept(cleanup);
    const before = countDescriptors();
    const ends = Array.from({ length: 20 }, (_, i) => {
      const end = MessageEnd.create(TYPE, cleanup);
      end.bind(`@udscope-${process.pid}-guest-${i}`);
      return end;
    });
    let from = '';
    for (const round of [1, 2])
      for (const [i, end] of ends.entries()) {
        await end.sendInTime(`${round} of ${i}`, { to: relay.path });
        const received = await server.receiveMessage();
        assert.equal(received.bytes.toString(), `${round} of ${i}`);
        from = received.from as string;
      }
    server.send('answer', { to: from });
    assert.equal((await ends[19].receiveMessage()).bytes.toString(), 'answer');
    const { opened, closed, errors } = relay.totals();
    assert.deepEqual({ opened, closed, errors }, { opened: 40, closed: 40 - GUESTS, errors: {} });
    await eventually('descriptors are closed', () => countDescriptors() <= before + ends.length + 10);
    stream.close();
  });
});
