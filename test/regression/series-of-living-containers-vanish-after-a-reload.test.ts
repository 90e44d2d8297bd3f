/**
 * With more than one relay thread a changed socket let go of what had been counted for containers that were alive and had
 * no connection open: flows of the threads that stopped first had ended before anybody took them over.
 */
import assert from 'node:assert/strict';
import { AttributedReceiver } from '../support/attribution/attributed-receiver.js';
import { useCleanup } from '../support/cleanup.js';

const CONTAINERS = 6;
const CONNECTIONS = 16;
const LINGER_MS = 60_000;

describe('Series of living containers after a reload', () => {
  const cleanup = useCleanup();

  it('are shown as before, whichever threads have counted them', async () => {
    let nowMs = 1_000_000;
    const agent = new AttributedReceiver(cleanup, { lingerMs: LINGER_MS, now: () => nowMs });
    await agent.serve('a');
    const socket = { name: 'a', listen: agent.path('a.relay'), upstream: agent.path('a') };
    const apply = (minutes: number) =>
      agent.apply([], { receiver: { threads: 4, sockets: [{ ...socket, idle_timeout: `${minutes}m` }] } });
    await apply(1);
    for (let container = 1; container <= CONTAINERS; container++) {
      agent.host.enter(container);
      const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => agent.exchange('a')));
      for (const client of clients) client.close();
    }
    const before = agent.shown();
    assert.equal(Object.keys(before).length, CONTAINERS);
    for (let minutes = 2; minutes < 6; minutes++) {
      await apply(minutes);
      nowMs += 2 * LINGER_MS;
      assert.deepEqual(agent.shown(), before);
    }
  });
});
