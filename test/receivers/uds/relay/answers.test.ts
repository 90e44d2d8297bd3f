import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { SHUT_WR } from '../../../../src/linux/constants.js';
import { UNANSWERED, UNANSWERED_ENDED } from '../../../../src/receivers/uds/counters.js';
import { useCleanup } from '../../../support/cleanup.js';
import { eventually } from '../../../support/eventually.js';
import { RawStream } from '../../../support/raw-stream.js';
import { RelayFixture } from '../../../support/relay-fixture.js';

const LISTENER = { unansweredMs: 100 };

/** Long enough for everything that is to be counted, on a busy machine. */
const LONG_MS = 400;

describe('an upstream that does not answer', () => {
  const cleanup = useCleanup();

  function unanswered(relay: RelayFixture): number {
    return relay.rows().reduce((sum, row) => sum + row[UNANSWERED] - row[UNANSWERED_ENDED], 0);
  }

  const isCounted = (relay: RelayFixture, count: number) =>
    eventually(`${count} are counted`, () => unanswered(relay) === count);

  it('is counted for each client that has sent, until the first answer', async () => {
    const relay = await RelayFixture.start(cleanup, { listener: LISTENER });
    const silent = await relay.connect();
    const one = await relay.connect();
    const two = await relay.connect();
    one.client.send(Buffer.from('hello?'));
    two.client.send(Buffer.from('hello?'));
    await isCounted(relay, 2);
    one.client.send(Buffer.from('anybody?'));
    two.server.send(Buffer.from('yes'));
    await isCounted(relay, 1);
    one.server.send(Buffer.from('yes'));
    await isCounted(relay, 0);
    // What comes after the first answer is the protocol's business.
    one.client.send(Buffer.from('and now?'));
    await sleep(LONG_MS);
    assert.equal(unanswered(relay), 0);
    silent.client.send(Buffer.from('good morning'));
    await isCounted(relay, 1);
    assert.deepEqual(relay.totals().errors, {});
  });

  it('is counted no more when the connection ends', async () => {
    const relay = await RelayFixture.start(cleanup, { listener: LISTENER });
    const [one, two] = [await relay.connect(), await relay.connect()];
    one.client.send(Buffer.from('x'));
    two.client.send(Buffer.from('x'));
    await isCounted(relay, 2);
    one.client.close();
    two.server.close();
    await relay.settled();
    assert.equal(unanswered(relay), 0);
    // The slots are others' now.
    const next = await relay.connect();
    next.client.send(Buffer.from('x'));
    await isCounted(relay, 1);
  });

  it('is counted when it has not accepted, and when it does not read', async () => {
    const relay = await RelayFixture.start(cleanup, { listener: LISTENER });
    const client = await RawStream.connectInTime(relay.path, cleanup);
    for (let i = 0; i < 100; i++) client.send(Buffer.alloc(65_536));
    await isCounted(relay, 1);
  });

  it('is not counted when it speaks first, or ends its side', async () => {
    const relay = await RelayFixture.start(cleanup, { listener: LISTENER });
    const greeted = await relay.connect();
    greeted.server.send(Buffer.from('220 ready'));
    await greeted.client.receiveExactly(9);
    greeted.client.send(Buffer.from('x'));
    const ended = await relay.connect();
    ended.server.shutdown(SHUT_WR);
    ended.client.send(Buffer.from('x'));
    await ended.server.receiveExactly(1);
    await sleep(LONG_MS);
    assert.equal(unanswered(relay), 0);
  });

  it('is not counted where that is not asked for', async () => {
    const relay = await RelayFixture.start(cleanup);
    (await relay.connect()).client.send(Buffer.from('x'));
    await sleep(LONG_MS);
    assert.equal(unanswered(relay), 0);
  });

  it('ends a connection after a deadline, counted as answer_timeout, and no other', async () => {
    const relay = await RelayFixture.start(cleanup, { listener: { answerTimeoutMs: 100 } });
    const silent = await relay.connect();
    const answered = await relay.connect();
    answered.client.send(Buffer.from('x'));
    answered.server.send(Buffer.from('y'));
    const asked = await relay.connect();
    const startMs = performance.now();
    asked.client.send(Buffer.from('hello?'));
    assert.equal((await asked.client.receiveAll()).end, 'EOF');
    assert.ok(performance.now() - startMs >= 100);
    assert.equal((await asked.server.receiveAll()).bytes.toString(), 'hello?');
    await eventually('it is counted', () => relay.totals().errors['answer_timeout'] === 1);
    silent.client.send(Buffer.from('s'));
    assert.equal((await silent.client.receiveAll()).end, 'EOF');
    answered.client.send(Buffer.from('still'));
    assert.equal((await answered.server.receiveExactly(6)).toString(), 'xstill');
    const { closed, errors } = relay.totals();
    assert.deepEqual({ closed, errors }, { closed: 2, errors: { answer_timeout: 2 } });
  });

  it('is counted exactly among connections that come, are answered, and go', async () => {
    const relay = await RelayFixture.start(cleanup, { listener: { unansweredMs: 50 }, threads: 2 });
    const waiting = [];
    for (let i = 0; i < 200; i++) {
      const { client, server } = await relay.connect();
      client.send(Buffer.from('x'));
      await server.receiveExactly(1);
      if (i % 10 === 0) waiting.push(client);
      else if (i % 3 === 0) client.close();
      else server.send(Buffer.from('y'));
    }
    await isCounted(relay, waiting.length);
    for (const client of waiting) client.close();
    await isCounted(relay, 0);
  });
});
