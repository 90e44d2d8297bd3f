import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { udsSocketSchema } from '../../src/receivers/uds/config.js';
import { useCleanup } from '../support/cleanup.js';
import { passes, ReceiverFixture } from '../support/receiver-fixture.js';

describe('a socket that is in the next configuration', () => {
  const cleanup = useCleanup();

  it('listens once although it was added at run time while that was prepared', async () => {
    const fixture = new ReceiverFixture(cleanup);
    const upstream = fixture.listen('a');
    await fixture.apply([]);
    const socket = udsSocketSchema.parse(fixture.socket('a'));
    const change = await fixture.prepare([fixture.socket('a')]);
    await fixture.receiver.add(socket);
    await change.commit();
    assert.equal(boundTo(socket.listen), 1);
    assert.ok(await passes(fixture.connect('a'), await upstream.accept(cleanup), 'x'));
    assert.equal(fixture.receiver.isAdded(socket.listen), false);
  });
});

/** Sockets that are bound to a path, whether or not it leads to them. While no client is connected, none is a connection. */
function boundTo(path: string): number {
  return readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .filter((line) => line.endsWith(` ${path}`)).length;
}
