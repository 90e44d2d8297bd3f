/** What becomes of the numbers of a container, when it ends, or when the agent does. */
import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { useContainers } from './fixture.js';
import { RUNTIMES } from './runtimes.js';

const LINGER_MS = 500;

describe('the end of a container that uses a shared socket', () => {
  const fixture = useContainers(...RUNTIMES);

  for (const runtime of RUNTIMES) {
    it(`leaves its numbers, and the others alone, when ${runtime} kills it in the middle of traffic`, async () => {
      const { agent } = fixture();
      const service = await fixture().serve();
      await agent.start({ sockets: [fixture().socket()], linger: `${LINGER_MS}ms` });
      const { socket, mounts } = fixture().mountsOf('directory');
      const survivor = await fixture().run({ runtime, mounts, client: { socket, methods: ['live'] } });
      const victim = await fixture().create({
        runtime,
        mounts,
        client: { socket, connections: 3, methods: ['die'] },
      });
      const ofVictim = { container_id: victim.id };
      await agent.untilCalled(victim.id);
      await agent.untilCalled(survivor.id);
      await victim.kill();
      await agent.until('its connections to end', async () => {
        return (await agent.sum('uds_connections_active', ofVictim)) === 0;
      });
      const { connections, calls } = await agent.counted(ofVictim);
      assert.equal(connections, 3);
      assert.deepEqual(calls, { die: service.calls['die'] });

      const deletedMs = performance.now();
      await victim.delete();
      await agent.until('its series to go', async () => (await agent.series(ofVictim)).length === 0);
      assert.ok(performance.now() - deletedMs >= LINGER_MS);
      assert.deepEqual(await agent.peers(), [survivor.id]);
      await agent.assertCounted({ container_id: survivor.id }, await survivor.finish());
    });

    it(`is not that of the agent: ${runtime} containers use the next one`, async () => {
      const { agent } = fixture();
      await fixture().serve();
      const sockets = [fixture().socket()];
      await agent.start({ sockets });
      const { socket, mounts } = fixture().mountsOf('directory');
      const client = { mode: 'rounds', socket, calls: 4 } as const;
      const container = await fixture().run({ runtime, mounts, client });
      for (const round of [1, 2]) {
        container.say('go on');
        await agent.assertCounted({ container_id: container.id }, await container.report(round));
        assert.deepEqual(await agent.peers(), [container.id]);
        await agent.process.stop();
        await agent.start({ sockets });
      }
    });
  }
});
