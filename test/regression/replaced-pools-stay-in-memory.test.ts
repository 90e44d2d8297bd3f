import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { ReceiverFixture } from '../support/receiver-fixture.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const RELOADS = 8;

/** Counters of one pool, of which there are two at a time: that of the old connection, and the present one. */
const POOL_BYTES = 8 * 2 ** 20;

describe('pools that are replaced while an old connection lives', () => {
  const cleanup = useCleanup();

  it('are let go of when their own connections have ended', async () => {
    const fixture = new ReceiverFixture(cleanup);
    const sockets = [fixture.socket('a')];
    const listener = fixture.listen('a');
    await fixture.apply(sockets);
    const client = fixture.connect('a');
    const server = await listener.accept(cleanup);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 1; i <= RELOADS; i++) await fixture.apply(sockets, { max_connections: 1000 + i });
    const grown = () => {
      collectGarbage();
      return process.memoryUsage().arrayBuffers - before;
    };
    await eventually('they are gone', () => grown() < 2 * POOL_BYTES, grown);
    client.send(Buffer.from('still here'));
    await server.receiveExactly(10);
  });
});
