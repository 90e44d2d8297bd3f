/**
 * Sockets that are added while the agent runs were not looked at for loops, and those of the configuration file only as
 * text. One client of a loop took every descriptor there is, and none came back when it had left.
 */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { pino } from 'pino';
import { ControlError } from '../../src/api/agent.js';
import { realSocketPath } from '../../src/linux/real-socket-path.js';
import { ListenError } from '../../src/linux/unix-listener.js';
import { udsReceiverSchema, udsSocketSchema } from '../../src/receivers/uds/config.js';
import { ContainerSockets } from '../../src/receivers/uds/containers/container-sockets.js';
import { type Hop, leadsBack } from '../../src/receivers/uds/sockets/loops.js';
import { AttributedReceiver } from '../support/attribution/attributed-receiver.js';
import { useCleanup } from '../support/cleanup.js';

describe('A socket that would be relayed to itself', () => {
  const cleanup = useCleanup();
  let agent: AttributedReceiver;
  let sockets: ContainerSockets;

  beforeEach(async () => {
    agent = new AttributedReceiver(cleanup);
    await agent.apply([]);
    const { receiver, containers } = agent;
    sockets = new ContainerSockets({ receiver, containers, logger: pino({ level: 'silent' }) });
    mkdirSync(agent.path('containers'), { recursive: true });
    symlinkSync(agent.path('.'), agent.path('link'));
  });

  const socket = (listen: string, upstream: string) =>
    udsSocketSchema.parse({ name: listen, listen, upstream });

  function register(upstream: string): Promise<unknown> {
    const unused = {
      attributes: {},
      annotations: {},
      mounts: [],
      bundle: undefined,
      livenessPath: undefined,
    };
    return sockets.register({ id: 'c1', sockets: [{ path: '/s', upstream }], ...unused });
  }

  const comesBack = (hop: Hop, relayed: readonly Hop[]) =>
    leadsBack(hop, (path) => relayed.filter(({ listen }) => realSocketPath(listen) === path));

  const refuses = (message: RegExp, action: Promise<unknown>) =>
    assert.rejects(
      action,
      (error) => error instanceof ControlError && error.status === 422 && message.test(error.message),
    );

  it('is found through others, links, and paths that are not there yet', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => agent.path(name)) as [string, string, string];
    assert.equal(comesBack({ listen: a, upstream: a }, []), true);
    assert.equal(comesBack({ listen: a, upstream: agent.path('link/a') }, []), true);
    assert.equal(comesBack({ listen: '@a', upstream: '@a' }, []), true);
    const relayed = [
      { listen: b, upstream: agent.path('link/c') },
      { listen: agent.path('link/link/c'), upstream: a },
    ];
    assert.equal(comesBack({ listen: a, upstream: b }, relayed), true);
    assert.equal(comesBack({ listen: a, upstream: '@b' }, relayed), false);
    assert.equal(
      comesBack({ listen: agent.path('d'), upstream: b }, [...relayed, { listen: a, upstream: c }]),
      false,
    );
  });

  it('is not listened on', async () => {
    const adding = agent.receiver.add(socket(agent.path('a'), agent.path('link/a')));
    await assert.rejects(
      adding,
      (error) => error instanceof ListenError && /same socket/.test(error.message),
    );
  });

  it('is not made for a container', async () => {
    await refuses(/relay socket of udscope/, register(agent.path('link/containers/c1/0.sock')));
    await agent.receiver.add(socket(agent.path('a'), agent.path('link/containers/c1/0.sock')));
    await refuses(/relayed to itself/, register(agent.path('a')));
    assert.equal(sockets.size, 0);
  });

  it('is not taken from a configuration, by way of one that was added or of links', async () => {
    const [a, b] = [agent.path('a'), agent.path('b')] as [string, string];
    await agent.receiver.add(socket(a, b));
    const sockets = (...written: { listen: string; upstream: string }[]) =>
      agent.receiver.prepare({
        config: udsReceiverSchema.parse({ threads: 1, sockets: written }),
        attributes: [],
      });
    await assert.rejects(sockets({ listen: b, upstream: a }), /leads back/);
    await assert.rejects(
      sockets(
        { listen: agent.path('c'), upstream: agent.path('link/d') },
        { listen: agent.path('d'), upstream: agent.path('c') },
      ),
      /leads back/,
    );
  });
});
