import assert from 'node:assert/strict';
import { udsSocketSchema } from '../../src/receivers/uds/config.js';
import { useCleanup } from '../support/cleanup.js';
import { passes, ReceiverFixture } from '../support/receiver-fixture.js';

describe('a socket that was added at run time and is in the next configuration', () => {
  const cleanup = useCleanup();

  it('is relayed although it was removed while that was prepared', async () => {
    const fixture = new ReceiverFixture(cleanup);
    const upstream = fixture.listen('a');
    await fixture.apply([]);
    const socket = udsSocketSchema.parse(fixture.socket('a'));
    await fixture.receiver.add(socket);
    const change = await fixture.prepare([fixture.socket('a')]);
    await fixture.receiver.remove(socket.listen, false);
    await change.commit();
    assert.ok(await passes(fixture.connect('a'), await upstream.accept(cleanup), 'x'));
  });
});
