import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SHUT_RD, SHUT_WR } from '../../../../src/linux/constants.js';
import { useCleanup } from '../../../support/cleanup.js';
import { eventually } from '../../../support/eventually.js';
import { Flow } from '../../../support/flow.js';
import { Pattern } from '../../../support/pattern.js';
import type { RawStream } from '../../../support/raw-stream.js';
import { RelayFixture } from '../../../support/relay-fixture.js';

const SHUT_RDWR = 2;

const MIB = 2 ** 20;
const NOTHING = Buffer.alloc(0);

type Sides = { client: RawStream; server: RawStream };

/** Every rule holds whichever end begins. */
const orders = [
  {
    first: 'client',
    failure: 'client_left',
    pick: ({ client, server }: Sides) => ({ near: client, far: server }),
  },
  {
    first: 'upstream',
    failure: 'EPIPE',
    pick: ({ client, server }: Sides) => ({ near: server, far: client }),
  },
];

async function carry(flow: Flow): Promise<void> {
  while (!flow.ended) if (!flow.step()) await nextTurn();
}

/** Sends until nothing more is taken, with nobody reading: the relay has bytes that find no room, and reads no more. */
async function fillUp(relay: RelayFixture, from: RawStream, to: RawStream): Promise<void> {
  const chunk = Buffer.alloc(30_000);
  let looks = 0;
  let before = 0;
  await eventually('nothing more is taken', () => {
    const taken = from.fill(chunk);
    const waiting = to.peek();
    const { sendBytes, recvBytes } = relay.totals();
    const isStuck = taken === 0 && waiting instanceof Buffer && sendBytes + recvBytes > waiting.length;
    looks = isStuck && sendBytes + recvBytes === before ? looks + 1 : 0;
    before = sendBytes + recvBytes;
    return looks === 5;
  });
}

describe('the end of a relayed stream', () => {
  const cleanup = useCleanup();
  const pattern = new Pattern(1);

  for (const { first, failure, pick } of orders) {
    it(`reaches the other end alone when the ${first} shuts down, and data goes on the other way for long`, async () => {
      const relay = await RelayFixture.start(cleanup);
      const { near, far } = pick(await relay.connect());
      near.send(Buffer.from('the last I say'));
      near.shutdown(SHUT_WR);
      assert.deepEqual(await far.receiveAll(), { bytes: Buffer.from('the last I say'), end: 'EOF' });
      await carry(new Flow(far, near, { seed: 7, bytes: 8 * MIB, chunkBytesMax: 100_000 }));
      assert.deepEqual((await relay.settled()).errors, {});
    });

    it(`loses no byte when the ${first} closes right after writing`, async () => {
      const relay = await RelayFixture.start(cleanup);
      const { near, far } = pick(await relay.connect());
      const sent = near.fill(pattern.slice(0, 50_000));
      near.close();
      const { bytes, end } = await far.receiveAll();
      assert.equal(end, 'EOF');
      assert.equal(bytes.length, sent);
      assert.deepEqual((await relay.settled()).errors, {});
    });

    it(`follows what is still on its way when the ${first} closes while the other end is not reading`, async () => {
      const relay = await RelayFixture.start(cleanup, { bufferBytes: 256 * 1024 });
      const { near, far } = pick(await relay.connect());
      await fillUp(relay, near, far);
      near.close();
      const { bytes, end } = await far.receiveAll();
      assert.deepEqual([bytes.length, end], [near.sent, 'EOF']);
    });

    it(`is an error to write against after the ${first} has closed`, async () => {
      const relay = await RelayFixture.start(cleanup);
      const { near, far } = pick(await relay.connect());
      near.close();
      assert.deepEqual(await far.receiveAll(), { bytes: NOTHING, end: 'EOF' });
      await eventually('a write fails', () => far.send(Buffer.from('x')) === 'EPIPE');
      assert.deepEqual((await relay.settled()).errors, {});
    });

    it(`is seen by the other end when the ${first} shuts down both ways`, async () => {
      const relay = await RelayFixture.start(cleanup);
      const { near, far } = pick(await relay.connect());
      near.send(Buffer.from('bye'));
      near.shutdown(SHUT_RDWR);
      assert.deepEqual(await far.receiveAll(), { bytes: Buffer.from('bye'), end: 'EOF' });
      await eventually('a write fails', () => far.send(Buffer.from('x')) === 'EPIPE');
    });

    it(`stops the sender alone when the ${first} takes no more, and the other way goes on`, async () => {
      const relay = await RelayFixture.start(cleanup);
      const { near, far } = pick(await relay.connect());
      near.shutdown(SHUT_RD);
      await eventually('a write fails', () => far.send(Buffer.from('unwanted')) === 'EPIPE');
      await carry(new Flow(near, far, { seed: 8, bytes: MIB, chunkBytesMax: 50_000 }));
      // That a client does not want what is said to it is no failure.
      const errors = first === 'client' ? {} : { EPIPE: 1 };
      assert.deepEqual((await relay.settled()).errors, errors);
    });

    it(`is in good order when the ${first} takes no more in the middle of a stream`, async () => {
      const relay = await RelayFixture.start(cleanup);
      const { near, far } = pick(await relay.connect());
      await fillUp(relay, far, near);
      near.shutdown(SHUT_RD);
      await near.receiveAll();
      await eventually('a write fails', () => far.send(Buffer.from('x')) === 'EPIPE');
      near.send(Buffer.from('enough'));
      near.close();
      // Not ECONNRESET, although bytes of it were still in the relay.
      assert.deepEqual(await far.receiveAll(), { bytes: Buffer.from('enough'), end: 'EOF' });
      assert.deepEqual((await relay.settled()).errors, { [failure]: 1 });
    });

    it(`comes after a whole answer that the ${first} gives without reading the request`, async () => {
      const relay = await RelayFixture.start(cleanup);
      const { near, far } = pick(await relay.connect());
      await fillUp(relay, far, near);
      near.send(Buffer.from('too large: '));
      near.send(pattern.slice(0, 60_000));
      near.close();
      const { bytes } = await far.receiveAll();
      assert.equal(bytes.length, 'too large: '.length + 60_000);
      pattern.check(bytes.subarray('too large: '.length), 0);
      await eventually('a write fails', () =>
        ['EPIPE', 'ECONNRESET'].includes(String(far.send(Buffer.from('x')))),
      );
      const { errors } = await relay.settled();
      assert.deepEqual(Object.values(errors), [1], JSON.stringify(errors));
    });
  }

  it('comes after the answer when the upstream answers and closes at once', async () => {
    const relay = await RelayFixture.start(cleanup);
    for (let i = 0; i < 200; i++) {
      const { client, server } = await relay.connect();
      client.send(Buffer.from('ask'));
      assert.equal((await server.receiveExactly(3)).toString(), 'ask');
      server.send(pattern.slice(i, 10_000));
      server.close();
      const { bytes, end } = await client.receiveAll();
      assert.deepEqual([bytes.length, end], [10_000, 'EOF']);
      client.close();
    }
    assert.deepEqual((await relay.settled()).errors, {});
  });

  it('is one end when both close at once', async () => {
    const relay = await RelayFixture.start(cleanup, { threads: 2 });
    for (let i = 0; i < 200; i++) {
      const { client, server } = await relay.connect();
      client.close();
      server.close();
    }
    const { opened, closed, errors } = await relay.settled();
    assert.deepEqual({ opened, closed, errors }, { opened: 200, closed: 200, errors: {} });
  });

  it('is one end when both shut down at once, and what was said before still arrives', async () => {
    const relay = await RelayFixture.start(cleanup);
    for (let i = 0; i < 100; i++) {
      const { client, server } = await relay.connect();
      for (const stream of [client, server]) {
        stream.send(pattern.slice(i, 9000));
        stream.shutdown(SHUT_WR);
      }
      for (const stream of [client, server]) {
        const { bytes, end } = await stream.receiveAll();
        assert.deepEqual([bytes.length, end], [9000, 'EOF']);
      }
    }
    assert.deepEqual((await relay.settled()).errors, {});
  });

  it('costs an answer that nobody is there to take, and that is an error', async () => {
    const relay = await RelayFixture.start(cleanup);
    const { client, server } = await relay.connect();
    await fillUp(relay, server, client);
    client.close();
    await eventually('a write fails', () => server.send(Buffer.from('x')) === 'EPIPE');
    assert.deepEqual((await relay.settled()).errors, { client_left: 1 });
  });
});
