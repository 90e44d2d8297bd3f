import assert from 'node:assert/strict';
import { SHUT_WR } from '../../../../src/linux/constants.js';
import { sendOutOfBand, sendWithDescriptor } from '../../../support/ancillary.js';
import { useCleanup } from '../../../support/cleanup.js';
import { RelayFixture } from '../../../support/relay-fixture.js';

describe('what a stream carries beside its bytes', () => {
  const cleanup = useCleanup();

  it('delivers all bytes around descriptors, which end a read early', async () => {
    const relay = await RelayFixture.start(cleanup, { upstreamBacklog: 0 });
    const { server } = await relay.connectAfter((client) => {
      client.send(Buffer.from('before '));
      sendWithDescriptor(client, 'with ', 0);
      client.send(Buffer.from('between '));
      sendWithDescriptor(client, 'with another ', 0);
      client.send(Buffer.from('after'));
    });
    const expected = 'before with between with another after';
    assert.equal((await server.receiveExactly(expected.length)).toString(), expected);
    assert.equal(relay.totals().sendBytes, expected.length);
  });

  it('delivers what follows a byte out of band, which ends a read early', async () => {
    const relay = await RelayFixture.start(cleanup, { upstreamBacklog: 0 });
    const { server } = await relay.connectAfter((client) => {
      client.send(Buffer.from('before '));
      sendOutOfBand(client, '!');
      client.send(Buffer.from('after'));
    });
    // What a peer that does not ask for urgent data reads directly, too: the byte itself is not in the stream.
    assert.equal((await server.receiveExactly(12)).toString(), 'before after');
  });

  it('goes on after descriptors and urgent bytes in both directions', async () => {
    const relay = await RelayFixture.start(cleanup);
    const { client, server } = await relay.connect();
    for (const [from, to] of [
      [client, server],
      [server, client],
    ]) {
      for (let i = 0; i < 50; i++) {
        sendWithDescriptor(from, 'd', 0);
        from.send(Buffer.from('x'));
        // Only one: a second makes the first an ordinary byte, if it has not been passed by then.
        if (i === 25) sendOutOfBand(from, '!');
        from.send(Buffer.from('y'));
      }
      from.shutdown(SHUT_WR);
      const { bytes, end } = await to.receiveAll();
      assert.deepEqual([bytes.toString(), end], ['dxy'.repeat(50), 'EOF']);
    }
  });
});
