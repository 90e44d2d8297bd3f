/** What bin/udscope-runtime does when a socket cannot be relayed: `fail` decides whether the container runs. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { UnmonitoredReason } from '../../../src/api/containers/unmonitored.js';
import { waitFor } from '../../support/process.js';
import { bind, configurationOf, type Mount } from './bundle.js';
import { type ContainersFixture, useContainers } from './fixture.js';
import { Container, RUNTIMES, type RuntimeName } from './runtimes.js';

const KEY = 'dev.gvisor.uds.monitor.path';

interface Refusal {
  readonly what: string;
  readonly runtimes: readonly RuntimeName[];
  /** Whether an agent listens on the control socket. */
  readonly hasAgent: boolean;
  readonly annotated: string;
  readonly mounts: (fixture: ContainersFixture) => Mount[];
  /** Where the container finds the real socket all the same. */
  readonly socket: string;
  readonly reason: RegExp;
  /** What the agent counts it under, at once or when it comes. */
  readonly counted: UnmonitoredReason;
}

const asFile = ({ upstream }: ContainersFixture) => [bind(upstream, '/service.sock')];

const REFUSALS: readonly Refusal[] = [
  {
    what: 'the agent is not there',
    runtimes: RUNTIMES,
    hasAgent: false,
    annotated: '/service.sock',
    mounts: asFile,
    socket: '/service.sock',
    reason: /there is no such socket; start udscope/,
    counted: 'agent_unavailable',
  },
  {
    what: 'nothing is mounted at the annotated path',
    runtimes: ['runc'],
    hasAgent: true,
    annotated: '/elsewhere.sock',
    mounts: asFile,
    socket: '/service.sock',
    reason: /\/elsewhere\.sock is not mounted in the container/,
    counted: 'annotation',
  },
  {
    what: 'a file is mounted there that is no socket',
    runtimes: ['runc'],
    hasAgent: true,
    annotated: '/file',
    mounts: (fixture) => {
      const file = join(fixture.shared, 'file');
      writeFileSync(file, 'text');
      return [...asFile(fixture), bind(file, '/file')];
    },
    socket: '/service.sock',
    reason: /\/file leads to .*, which is not a socket/,
    counted: 'agent_refused',
  },
  {
    what: 'gVisor sees the socket in a mounted directory',
    runtimes: ['runsc'],
    hasAgent: true,
    annotated: '/host/echo.sock',
    mounts: ({ upstream }) => [bind(dirname(upstream), '/host')],
    socket: '/host/echo.sock',
    reason: /mount the socket itself instead of its directory/,
    counted: 'annotation',
  },
];

describe('the runtime wrapper, when', () => {
  const fixture = useContainers(...RUNTIMES);

  for (const { what, runtimes, hasAgent, ...refusal } of REFUSALS) {
    for (const runtime of runtimes) {
      /** A bundle as an engine makes it, and what is to be made of it. */
      async function prepare(fail: 'open' | 'closed') {
        const service = await fixture().serve();
        if (hasAgent) await fixture().agent.start();
        const bundle = await fixture().bundle({
          mounts: refusal.mounts(fixture()),
          annotations: { [KEY]: refusal.annotated },
          client: { socket: refusal.socket, calls: 2 },
        });
        const log = join(bundle, 'log.json');
        const flags = [`--log=${log}`, '--log-format=json'];
        return { service, log, options: { runtime, bundle, wrapper: fixture().wrapper(fail, flags) } };
      }

      it(`${what}, starts the container in ${runtime} as it is and warns: open`, async () => {
        const { service, log, options } = await prepare('open');
        const before = readFileSync(configurationOf(options.bundle));
        const container = await Container.create(fixture().cleanup, options);
        await container.start();
        assert.deepEqual((await container.report()).calls, { echo: 2 });
        assert.deepEqual(service.calls, { echo: 2 });
        assert.deepEqual(readFileSync(configurationOf(options.bundle)), before);
        assert.match(container.process.output, refusal.reason);
        assert.match(messageIn(log, 'warning'), refusal.reason);
        if (hasAgent) await assertNothingCounted(fixture());
        else await fixture().agent.start();
        await assertUnmonitored(fixture(), refusal.counted);
      });

      it(`${what}, refuses to make the container in ${runtime} and says why: closed`, async () => {
        const { service, log, options } = await prepare('closed');
        const before = readFileSync(configurationOf(options.bundle));
        const container = await Container.run(fixture().cleanup, options);
        assert.notEqual((await container.process.exited).code, 0);
        assert.match(container.process.output, refusal.reason);
        assert.match(messageIn(log, 'error'), refusal.reason);
        assert.equal(await container.status(), undefined);
        assert.deepEqual(readFileSync(configurationOf(options.bundle)), before);
        assert.deepEqual(service.calls, {});
        if (hasAgent) await assertNothingCounted(fixture());
      });
    }
  }
});

/** What a runtime's log in JSON says of udscope, at this level. */
function messageIn(log: string, level: string): string {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  const messages = lines.map((line) => JSON.parse(line) as { level: string; msg: string });
  return messages.find((line) => line.level === level && line.msg.startsWith('udscope:'))?.msg ?? '';
}

/** One container is counted as not monitored, under this reason alone. */
async function assertUnmonitored({ agent }: ContainersFixture, reason: UnmonitoredReason): Promise<void> {
  const all = () => agent.series({}, /^udscope_runtime_unmonitored_containers/);
  await waitFor('the agent to count it', async () => (await all()).length > 0);
  const counted = (await all()).map(({ labels, value }) => [labels['reason'], value]);
  assert.deepEqual(counted, [[reason, 1]]);
}

/** Nothing has come through the agent, and nothing is registered with it. */
async function assertNothingCounted({ agent }: ContainersFixture): Promise<void> {
  const nothing = { connections: 0, calls: {}, sentBytes: 0, receivedBytes: 0 };
  assert.deepEqual(await agent.counted({}), nothing);
  assert.deepEqual(await agent.peers(), []);
}
