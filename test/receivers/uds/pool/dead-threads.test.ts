import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { useCleanup } from '../../../support/cleanup.js';
import { countDescriptors } from '../../../support/descriptors.js';
import { eventually } from '../../../support/eventually.js';
import { waitFor } from '../../../support/process.js';
import type { RawStream } from '../../../support/raw-stream.js';
import { RelayFixture } from '../../../support/relay-fixture.js';

/** At both ends of a connection, which are of this process here, and of the relay. */
const DESCRIPTORS_OF_CONNECTION = 4;

/** More events in a turn than let it accept only one connection. */
const BUSY = 24;

const BYTE = Buffer.from('!');

/** No thread takes such an address. */
const TOO_LONG = 'x'.repeat(200);

describe('relay threads that die leave no descriptor open', () => {
  const cleanup = useCleanup();

  async function kill(relay: RelayFixture): Promise<void> {
    relay.listen(undefined, { upstream: TOO_LONG });
    await eventually('its threads have died', () => relay.deaths.length === relay.pool.settings.threads);
    relay.deaths.length = 0;
  }

  /** What Node has of a thread is closed a moment after it has ended. */
  async function assertAllClosed(before: number): Promise<void> {
    await eventually('all descriptors are closed', () => countDescriptors() <= before, countDescriptors);
    assert.equal(countDescriptors(), before);
  }

  it('of connections, and of what a thread has for itself', async () => {
    const before = countDescriptors();
    const relay = await RelayFixture.start(cleanup, { threads: 2 });
    await relay.connect();
    await kill(relay);
    await cleanup.run();
    await assertAllClosed(before);
  });

  it('of the upstream end of the next connection', async () => {
    const before = countDescriptors();
    const relay = await RelayFixture.start(cleanup);
    const idle = countDescriptors();
    const ends: { client: RawStream; server: RawStream }[] = [];
    for (let i = 0; i < BUSY; i++) ends.push(await relay.connect());
    const isReady = async () => {
      for (const { client } of ends) client.send(BYTE);
      ends.push(await relay.connect());
      for (const { server } of ends) while (server.skip() > 0);
      return countDescriptors() === idle + ends.length * DESCRIPTORS_OF_CONNECTION + 1;
    };
    await waitFor('a socket to be ready for the next client', isReady, { intervalMs: 1 });
    await kill(relay);
    await cleanup.run();
    await assertAllClosed(before);
  });

  it('when they cannot start', async () => {
    const before = countDescriptors();
    const start = RelayFixture.start(cleanup, { threads: 2, bufferBytes: 2 ** 46 });
    await assert.rejects(start, /mmap: ENOMEM/);
    await assertAllClosed(before);
  });
});

describe('a relay thread that dies', () => {
  const cleanup = useCleanup();
  const CONNECTIONS = 20;
  const BUFFER_BYTES = 256 * 1024;

  it('gives back the memory in which something waited', async () => {
    const relay = await RelayFixture.start(cleanup, { bufferBytes: BUFFER_BYTES });
    const before = nativeBytes();
    const clients: RawStream[] = [];
    for (let i = 0; i < CONNECTIONS; i++) clients.push((await relay.connect()).client);
    const expected = before + (CONNECTIONS * BUFFER_BYTES) / 4;
    const chunk = Buffer.alloc(BUFFER_BYTES);
    const isMuch = () => {
      // The kernel's buffers between the relay and a server that does not read have to be full first.
      for (const client of clients) client.fill(chunk);
      return nativeBytes() > expected;
    };
    await eventually('much waits', isMuch, nativeBytes);
    relay.listen(undefined, { upstream: TOO_LONG });
    await eventually('it has died', () => relay.deaths.length === 1);
    relay.deaths.length = 0;
    // The kernel takes it back when the thread is gone, which is a moment later.
    await eventually(
      'it is given back',
      () => nativeBytes() < expected,
      () => [before, expected, nativeBytes()],
    );
  });
});

/** What this process has of the memory that is left out of core dumps, as all that may have payload. */
function nativeBytes(): number {
  const areas = readFileSync('/proc/self/smaps', 'latin1').split(/^(?=[\da-f]+-[\da-f]+ )/m);
  const sizes = areas
    .filter((area) => /^VmFlags:.* dd\b/m.test(area))
    .map((area) => /^Rss: +(\d+)/m.exec(area)?.[1]);
  return sizes.reduce((sum, kib) => sum + Number(kib ?? 0) * 1024, 0);
}
