/**
 * A container's end is noticed by the runtime's state of it. An agent that cannot see that, or was told another place,
 * took the container for one that was never made, removed its sockets and cut its connections.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { Containers } from '../../src/identity/containers.js';
import { ContainerSockets } from '../../src/receivers/uds/containers/container-sockets.js';
import { AttributedReceiver } from '../support/attribution/attributed-receiver.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { RawListener, RawStream } from '../support/raw-stream.js';

describe('A container whose liveness path never appears', () => {
  const cleanup = useCleanup();
  const warnings: string[] = [];
  let agent: AttributedReceiver;
  let sockets: ContainerSockets;
  let upstream: RawListener;

  beforeEach(async () => {
    warnings.length = 0;
    agent = new AttributedReceiver(cleanup);
    await agent.apply([]);
    const containers = new Containers(agent.host.files, { appearMs: 50 });
    cleanup.defer(() => containers.close());
    const logger = pino({ level: 'warn' }, { write: (line) => void warnings.push(JSON.parse(line).msg) });
    sockets = new ContainerSockets({ receiver: agent.receiver, containers, logger });
    upstream = RawListener.listen(agent.path('service.sock'), cleanup);
  });

  async function register(id: string, livenessPath: string): Promise<string> {
    const named = [{ path: '/s', upstream: upstream.path }];
    const unused = { attributes: {}, annotations: {}, mounts: [], bundle: undefined };
    const { sockets: made } = await sockets.register({ id, livenessPath, sockets: named, ...unused });
    return made[0]?.listen ?? assert.fail('there is no socket');
  }

  /** Makes the directory that the runtime keeps its state in. */
  function stateDirectory(): string {
    const directory = agent.path('state');
    mkdirSync(directory);
    return directory;
  }

  it('keeps its sockets and connections when somebody has connected', async () => {
    const livenessPath = join(stateDirectory(), 'c1');
    const listen = await register('c1', livenessPath);
    const client = RawStream.connect(listen, cleanup);
    const server = await upstream.accept(cleanup);
    await eventually('a warning', () => warnings.length > 0);
    assert.match(warnings[0] ?? '', /end of container "c1" will not be noticed/);
    client.send(Buffer.from('still'));
    assert.equal((await server.receiveExactly(5)).toString(), 'still');
    assert.equal(sockets.has('c1'), true);
    await sockets.unregister('c1');
    assert.equal(existsSync(listen), false);
  });

  it('keeps its sockets when the place of the liveness path cannot be seen', async () => {
    const listen = await register('c1', agent.path('hidden/c1'));
    await eventually('a warning', () => warnings.length > 0);
    assert.equal(existsSync(listen), true);
  });

  it('goes when it can be seen that it was not made', async () => {
    const listen = await register('c1', join(stateDirectory(), 'c1'));
    await eventually('it is gone', () => !existsSync(listen));
    assert.equal(sockets.size, 0);
    assert.deepEqual(warnings, []);
  });
});
