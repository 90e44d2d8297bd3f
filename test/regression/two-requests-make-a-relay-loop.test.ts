/**
 * Whether a socket leads back to itself was looked at before it was its turn to be added, and for containers in one receiver
 * only: of two requests at the same time each was found to be harmless, and together they made a loop.
 */
import assert from 'node:assert/strict';
import { pino } from 'pino';
import { ControlError } from '../../src/api/agent.js';
import { Containers } from '../../src/identity/containers.js';
import { EnrichThread } from '../../src/processors/enrich/enrich-thread.js';
import { udsReceiverSchema, udsSocketSchema } from '../../src/receivers/uds/config.js';
import { HopBook } from '../../src/receivers/uds/sockets/hop-book.js';
import { AgentController } from '../../src/service/agent-controller.js';
import { RunningReceiver } from '../../src/service/running-receiver.js';
import { useCleanup } from '../support/cleanup.js';

describe('Two requests that would make a relay loop together', () => {
  const cleanup = useCleanup();
  let directory: string;
  let hops: HopBook;
  let receivers: Map<string, RunningReceiver>;
  let controller: AgentController;

  beforeEach(() => {
    directory = cleanup.directory();
    hops = new HopBook();
    receivers = new Map();
    controller = new AgentController(() => receivers);
  });

  const path = (name: string) => `${directory}/${name}`;

  const prepare = (running: RunningReceiver, sockets: readonly object[]) =>
    running.prepare(
      udsReceiverSchema.parse({ threads: 1, sockets, containers: { directory: path('containers') } }),
      ['container.id'],
      undefined,
    );

  async function start(id: string, sockets: readonly object[] = []): Promise<RunningReceiver> {
    const logger = pino({ level: 'silent' });
    const containers = new Containers();
    const fatal = (error: unknown) => assert.fail(String(error));
    const running = new RunningReceiver({ id, logger, fatal, containers, hops }, new EnrichThread(logger));
    running.configure({ maxSeries: 100, lingerMs: 1000 });
    await (await prepare(running, sockets)).commit();
    cleanup.defer(async () => {
      await running.shutdown(0);
      containers.close();
    });
    receivers.set(id, running);
    return running;
  }

  const written = (listen: string, upstream: string) => ({ name: listen, listen: path(listen), upstream });
  const addSocket = (listen: string, upstream: string) =>
    controller.addSocket(udsSocketSchema.parse(written(listen, upstream)));
  const registerContainer = (id: string, upstream: string) =>
    controller.registerContainer({
      ...{ id, sockets: [{ path: '/s', upstream }], attributes: {}, annotations: {}, mounts: [] },
      ...{ bundle: undefined, livenessPath: undefined },
    });
  const containerSocket = (id: string) => path(`containers/${id}/0.sock`);

  const isLoop = (error: unknown) =>
    error instanceof ControlError && error.status === 422 && /relayed to itself/.test(error.message);

  async function oneIsRefused(requests: readonly Promise<unknown>[]): Promise<void> {
    const settled = await Promise.allSettled(requests);
    const reasons = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    assert.equal(reasons.length, 1, String(reasons));
    assert.ok(isLoop(reasons[0]), String(reasons[0]));
  }

  it('are a socket and a container at the same time, in either order', async () => {
    await start('uds');
    await oneIsRefused([addSocket('a', containerSocket('c1')), registerContainer('c1', path('a'))]);
    await oneIsRefused([registerContainer('c2', path('b')), addSocket('b', containerSocket('c2'))]);
  });

  it('are two sockets at the same time', async () => {
    await start('uds');
    await oneIsRefused([addSocket('a', path('b')), addSocket('b', path('a'))]);
  });

  it('are of two receivers', async () => {
    await start('uds');
    await start('uds/2', [written('a', containerSocket('c1'))]);
    await assert.rejects(registerContainer('c1', path('a')), isLoop);
  });

  it('come while a configuration is prepared, which then runs or does not', async () => {
    const running = await start('uds');
    const change = await prepare(running, [written('a', path('b'))]);
    await assert.rejects(addSocket('b', path('a')), isLoop);
    await change.rollback();
    await addSocket('b', path('a'));
    await assert.rejects(prepare(running, [written('a', path('b'))]), /leads back to it/);
    await controller.removeSocket('b');
    await (await prepare(running, [written('a', path('b'))])).commit();
    await assert.rejects(addSocket('b', path('a')), isLoop);
  });

  it('are none where the configurations of two receivers change places', async () => {
    const [one, two] = [
      await start('uds', [written('a', path('x'))]),
      await start('uds/2', [written('b', path('a'))]),
    ];
    const changes = [
      await prepare(one, [written('a', path('b'))]),
      await prepare(two, [written('b', path('x'))]),
    ];
    for (const change of changes) await change.commit();
    await prepare(one, [written('a', path('b'))]);
    await assert.rejects(prepare(two, [written('b', path('a'))]), /leads back to it/);
  });
});
