/** As whom a service of the host sees a container: the same through the relay as directly. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import type { Person } from '../../support/become.js';
import { personOf } from '../../support/clients-as.js';
import { RawListener } from '../../support/raw-stream.js';
import { bind, type ContainerUser } from './bundle.js';
import { useContainers } from './fixture.js';
import { RUNTIMES } from './runtimes.js';

const USERS: readonly ContainerUser[] = [
  { uid: 0, gid: 0 },
  { uid: 1000, gid: 1001, additionalGids: [1002, 1003] },
];

describe('a container, to a service of the host', () => {
  const fixture = useContainers(...RUNTIMES);

  for (const runtime of RUNTIMES) {
    for (const user of USERS) {
      it(`is whom it is directly: user ${user.uid} of ${runtime}`, async () => {
        const { agent, cleanup, relay, shared, upstream } = fixture();
        const service = RawListener.listen(upstream, cleanup);
        for (const directory of [shared, agent.directory]) chmodSync(directory, 0o755);
        chmodSync(upstream, 0o777);
        chmodSync(upstream.slice(0, upstream.lastIndexOf('/')), 0o755);
        await agent.start({ sockets: [fixture().socket()] });
        const seen: Person[] = [];
        for (const source of [upstream, relay]) {
          const client = { mode: 'notify', socket: '/host.sock' } as const;
          const mounts = [bind(source, '/host.sock')];
          const container = await fixture().run({ runtime, user, mounts, client });
          seen.push(personOf(await service.accept(cleanup)));
          await container.finish();
        }
        const [direct, relayed] = seen;
        assert.deepEqual(relayed, direct);
        if (runtime === 'runc') {
          const { uid, gid, additionalGids = [] } = user;
          assert.deepEqual(relayed, { uid, gid, groups: additionalGids });
        }
      });
    }
  }
});
