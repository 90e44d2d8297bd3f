import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Cleanup } from '../../../support/cleanup.js';
import { RawListener, RawStream } from '../../../support/raw-stream.js';
import { RelayFixture } from '../../../support/relay-fixture.js';
import { type Action, Stage, script } from '../../../support/script.js';

/*
 * Scripts are carried out directly, where every answer is immediate, and then through a relay, which is given
 * the time it needs after every step to let both ends observe the same: bytes there are to read, the end of
 * the stream, what poll(2) says of the peer, and the answer of every call.
 *
 * Differences that a relay of two sockets cannot avoid, and that are therefore outside the comparison:
 *  - ECONNRESET. It says that the peer closed with bytes unread. The relay has read them, and a socket has no
 *    way to send a reset on purpose: the other end sees the end of the stream instead.
 *  - shutdown(SHUT_RD). No event tells of it. The next bytes sent show it to the relay, and those after them to
 *    the sender; directly the very first would have failed. `half-close.test.ts` has it.
 *  - How much fits before a sender has to wait: the relay adds a socket buffer and a read buffer.
 */
describe('a relayed connection', () => {
  const cleanup = new Cleanup();
  let relay: RelayFixture;
  let direct: RawListener;

  before(async () => {
    relay = await RelayFixture.start(cleanup, { bufferBytes: 4096 });
    direct = RawListener.listen(`${cleanup.directory()}/direct`, cleanup);
  });

  after(() => cleanup.run());

  async function connectDirectly(own: Cleanup) {
    const client = RawStream.connect(direct.path, own);
    return { client, server: await direct.accept(own) };
  }

  async function connect(open: () => Promise<{ client: RawStream; server: RawStream }>) {
    const pairs = [];
    for (let i = 0; i < Stage.connections; i++) pairs.push(await open());
    return pairs;
  }

  async function compare(actions: Action[], own: Cleanup): Promise<void> {
    const oracle = new Stage(await connect(() => connectDirectly(own)), own);
    const stage = new Stage(await connect(() => relay.connect(own)), own);
    const before = relay.totals();
    for (const [index, action] of actions.entries()) {
      const answer = oracle.act(action);
      assert.equal(stage.act(action), answer, `step ${index}`);
      await stage.reaches(oracle.observe(), `step ${index}`);
    }
    oracle.end();
    stage.end();
    const { sendBytes, recvBytes } = await relay.settled();
    assert.deepEqual([sendBytes - before.sendBytes, recvBytes - before.recvBytes], stage.sent());
  }

  it('shows both ends what they would have seen directly, whatever they do', async () => {
    const property = fc.asyncProperty(script, async (actions) => {
      const own = new Cleanup();
      try {
        await compare(actions, own);
      } finally {
        await own.run();
      }
    });
    await fc.assert(property, { seed: 20_240_607, numRuns: 150, endOnFailure: true });
  });
});
