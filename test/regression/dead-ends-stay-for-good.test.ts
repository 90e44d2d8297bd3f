import assert from 'node:assert/strict';
import { EPOLLOUT } from '../../src/linux/constants.js';
import type { FailureName } from '../../src/receivers/uds/counters.js';
import { Child } from '../support/child.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { RawStream } from '../support/raw-stream.js';
import { Readiness } from '../support/readiness.js';
import { RelayFixture } from '../support/relay-fixture.js';

const CONNECTIONS = 100;
const chunk = Buffer.alloc(65_536, 'y');

/** Both ends of every connection write and do not read, until one of them is killed and the other waits to write. */
describe('two ends that write without reading', () => {
  const cleanup = useCleanup();

  /** Writes to all of them until nothing moves at either end. */
  async function blockAll(streams: readonly RawStream[], child: Child): Promise<void> {
    let idle = 0;
    while (idle < 5) {
      assert.equal(await child.hear(), 'stuck');
      idle = streams.reduce((sum, stream) => sum + stream.fill(chunk), 0) === 0 ? idle + 1 : 0;
    }
  }

  /** Those that are left wait for room to write, as programs do, and give up what fails. */
  async function writeOn(
    streams: readonly RawStream[],
    relay: RelayFixture,
    failure: FailureName,
  ): Promise<void> {
    const readiness = new Readiness(cleanup);
    for (const { fd } of streams) readiness.watch(fd, EPOLLOUT);
    const waiting = new Map(streams.map((stream) => [stream.fd, stream]));
    await eventually(
      'everybody who waits to write is told that it is no use',
      () => {
        for (const fd of readiness.look().keys()) {
          const stream = waiting.get(fd);
          if (stream === undefined || stream.send(chunk) !== 'EPIPE') continue;
          stream.close();
          waiting.delete(fd);
        }
        return waiting.size === 0;
      },
      () => ({ waiting: waiting.size, totals: relay.totals() }),
    );
    const { opened, closed, errors } = await relay.settled();
    assert.deepEqual([opened, closed], [CONNECTIONS, CONNECTIONS]);
    assert.deepEqual(errors, { [failure]: CONNECTIONS });
  }

  it('leave nothing behind when the clients are killed', async () => {
    const relay = await RelayFixture.start(cleanup, { bufferBytes: 65_536 });
    const clients = Child.start(cleanup, 'stubborn', ['connect', relay.path, CONNECTIONS]);
    const servers: RawStream[] = [];
    while (servers.length < CONNECTIONS) servers.push(await relay.upstream.accept(cleanup));
    assert.equal(await clients.hear(), 'ready');
    await blockAll(servers, clients);
    await clients.kill('SIGKILL');
    await writeOn(servers, relay, 'client_left');
  });

  it('leave nothing behind when the server is killed', async () => {
    const relay = await RelayFixture.start(cleanup, { bufferBytes: 65_536, serve: false });
    const server = Child.start(cleanup, 'stubborn', ['listen', relay.upstreamPath, CONNECTIONS]);
    assert.equal(await server.hear(), 'ready');
    const clients: RawStream[] = [];
    while (clients.length < CONNECTIONS) clients.push(await RawStream.connectInTime(relay.path, cleanup));
    await blockAll(clients, server);
    await server.kill('SIGKILL');
    await writeOn(clients, relay, 'EPIPE');
  });
});
