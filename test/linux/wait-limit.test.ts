import assert from 'node:assert/strict';
import { WaitLimit } from '../../src/linux/wait-limit.js';
import { sendWithDescriptors } from '../support/ancillary.js';
import { useCleanup } from '../support/cleanup.js';
import { lingeringSocket } from '../support/lingering-socket.js';
import { RawListener, RawStream } from '../support/raw-stream.js';

const LINGER_SECONDS = 20;
const SOON_MS = 5000;

describe('WaitLimit', () => {
  const cleanup = useCleanup();

  /** An end of a connection with so many lingering sockets on their way to it, which nobody else has. */
  async function endWithLingering(count: number): Promise<RawStream> {
    const path = `${cleanup.directory()}/a.sock`;
    const listener = RawListener.listen(path, cleanup);
    const client = RawStream.connect(path, cleanup);
    const server = await listener.accept(cleanup);
    for (let i = 0; i < count; i++) {
      const lingering = await lingeringSocket(cleanup, LINGER_SECONDS);
      sendWithDescriptors(client, 'x', [lingering.fd]);
      lingering.forget();
    }
    // The sockets are forgotten in the next turn of the loop.
    await new Promise(setImmediate);
    return server;
  }

  it('interrupts a read with which the kernel closes a socket that lingers', async () => {
    const server = await endWithLingering(1);
    const waits = new WaitLimit();
    const startMs = performance.now();
    waits.begin();
    const bytes = server.receive();
    waits.end();
    assert.equal(bytes.toString(), 'x');
    assert.ok(performance.now() - startMs < SOON_MS, 'it has waited for the socket');
  });

  it('interrupts as often as it is necessary', async () => {
    const server = await endWithLingering(5);
    const waits = new WaitLimit();
    const startMs = performance.now();
    waits.begin();
    server.close();
    waits.end();
    assert.ok(performance.now() - startMs < SOON_MS, 'it has waited for the sockets');
  });
});
