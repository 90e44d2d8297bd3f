import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { pino } from 'pino';
import { type ContainerRequest, ControlError } from '../../src/api/agent.js';
import { Containers } from '../../src/identity/containers.js';
import { SOCK_DGRAM } from '../../src/linux/constants.js';
import { socketTypeAt } from '../../src/linux/socket-type.js';
import { EnrichThread } from '../../src/processors/enrich/enrich-thread.js';
import { udsReceiverSchema, udsSocketSchema } from '../../src/receivers/uds/config.js';
import { AgentController } from '../../src/service/agent-controller.js';
import { RunningReceiver } from '../../src/service/running-receiver.js';
import { VERSION } from '../../src/version.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { bindSocket } from '../support/message-socket.js';
import { RawListener, RawStream } from '../support/raw-stream.js';

const PROGRAM = basename(process.execPath);
const NONE = { active: 0, opened: 0, errors: 0, sendBytes: 0, recvBytes: 0, sendOps: 0, recvOps: 0 };

describe('AgentController', () => {
  const cleanup = useCleanup();
  let directory: string;
  let receivers: Map<string, RunningReceiver>;
  let controller: AgentController;
  let upstream: RawListener;

  beforeEach(async () => {
    directory = cleanup.directory();
    receivers = new Map();
    controller = new AgentController(() => receivers);
    upstream = RawListener.listen(path('service'), cleanup);
  });

  const path = (name: string) => `${directory}/${name}`;

  /** A receiver with these sockets in its configuration, all of them to the one upstream. */
  async function start(id: string, sockets: readonly object[]): Promise<void> {
    const logger = pino({ level: 'silent' });
    const containers = new Containers();
    const fatal = (error: unknown) => assert.fail(String(error));
    const running = new RunningReceiver({ id, logger, fatal, containers }, new EnrichThread(logger));
    const written = sockets.map((socket) => ({ upstream: upstream.path, ...socket }));
    const config = udsReceiverSchema.parse({
      threads: 1,
      sockets: written,
      containers: { directory: path('containers') },
    });
    running.configure({ maxSeries: 100, lingerMs: 1000 });
    await (await running.prepare(config, ['container.id'], undefined)).commit();
    cleanup.defer(async () => {
      await running.shutdown(0);
      containers.close();
    });
    receivers.set(id, running);
  }

  function socket(name: string) {
    return udsSocketSchema.parse({ name, listen: path(`${name}.relay`), upstream: upstream.path });
  }

  function request(id: string, more: Partial<ContainerRequest> = {}): ContainerRequest {
    const sockets = [{ path: '/run/s', upstream: upstream.path }];
    return {
      id,
      attributes: {},
      sockets,
      annotations: {},
      mounts: [],
      bundle: undefined,
      livenessPath: undefined,
      ...more,
    };
  }

  /** A connection through which 3 bytes have gone one way and 2 the other. */
  async function exchange(listen: string): Promise<{ client: RawStream; server: RawStream }> {
    const client = RawStream.connect(listen, cleanup);
    const server = await upstream.accept(cleanup);
    client.send(Buffer.from('abc'));
    await server.receiveExactly(3);
    server.send(Buffer.from('de'));
    await client.receiveExactly(2);
    return { client, server };
  }

  const ONE = { active: 1, opened: 1, errors: 0, sendBytes: 3, recvBytes: 2, sendOps: 1, recvOps: 1 };

  const rejectsWith = (status: number, message: RegExp, action: Promise<unknown>) =>
    assert.rejects(
      action,
      (error) => error instanceof ControlError && error.status === status && message.test(error.message),
    );

  it('has nothing to show, and adds nothing, before the agent is ready', async () => {
    assert.deepEqual(controller.status().receivers, []);
    assert.deepEqual([controller.sockets(), controller.containers()], [[], []]);
    await rejectsWith(503, /not ready/, controller.addSocket(socket('a')));
    await rejectsWith(503, /not ready/, controller.registerContainer(request('c1')));
    await rejectsWith(404, /no socket/, controller.removeSocket('a'));
    await rejectsWith(404, /no container/, controller.unregisterContainer('c1'));
  });

  it('shows what has been counted by the time it is asked', async () => {
    await start('uds', [{ name: 'a', listen: path('a.relay') }]);
    const { client, server } = await exchange(path('a.relay'));
    assert.deepEqual(controller.sockets(), [
      {
        name: 'a',
        receiver: 'uds',
        listen: path('a.relay'),
        upstream: upstream.path,
        type: 'stream',
        takeover: false,
        appearance: 'shown',
        origin: 'configuration',
        protocols: [],
        container: undefined,
        counts: ONE,
      },
    ]);
    assert.deepEqual(controller.containers(), [
      {
        id: undefined,
        attributes: { 'process.executable.name': PROGRAM },
        origin: 'peer',
        sockets: [{ name: 'a', path: upstream.path, scope: 'host', protocols: [], counts: ONE }],
      },
    ]);
    client.close();
    server.close();
    await eventually('it is closed', () => controller.sockets()[0]?.counts.active === 0);
    assert.deepEqual(controller.sockets()[0]?.counts, { ...ONE, active: 0 });
  });

  it('shows how each receiver is', async () => {
    await start('uds', [{ name: 'a', listen: path('a.relay') }]);
    await start('uds/2', []);
    await exchange(path('a.relay'));
    const { version, pid, startedMs, receivers: shown } = controller.status();
    assert.deepEqual([version, pid, startedMs <= Date.now()], [VERSION, process.pid, true]);
    const empty = {
      threads: 1,
      sockets: 0,
      down: 0,
      containers: 0,
      connections: 0,
      series: 0,
      maxSeries: 100,
      unattributed: {},
    };
    assert.deepEqual(shown, [
      { ...empty, id: 'uds', sockets: 1, connections: 1, series: 1 },
      { ...empty, id: 'uds/2' },
    ]);
  });

  it('shows which sockets look as their upstreams, which are down', async () => {
    await start('uds', [{ name: 'a', listen: path('a.relay') }]);
    upstream.close();
    await eventually('it is seen', () => controller.status().receivers[0]?.down === 1);
    assert.equal(controller.sockets()[0]?.appearance, 'refusing');
  });

  it('adds a socket and removes it, and its connections go on', async () => {
    await start('uds', []);
    const added = await controller.addSocket(socket('b'));
    assert.equal(added.origin, 'control');
    assert.deepEqual(added.counts, NONE);
    const { client, server } = await exchange(path('b.relay'));
    await controller.removeSocket('b');
    assert.deepEqual(controller.sockets(), []);
    assert.equal(existsSync(path('b.relay')), false);
    client.send(Buffer.from('x'));
    await server.receiveExactly(1);
    await rejectsWith(404, /no socket/, controller.removeSocket('b'));
    await controller.addSocket(socket('b'));
    const [again] = controller.sockets();
    assert.equal(again?.counts.active, 1, 'what is left of the path is shown with it');
  });

  it('says what is in the way of a socket', async () => {
    await start('uds', [{ name: 'a', listen: path('a.relay') }]);
    await start('uds/2', [{ name: 'z', listen: path('z.relay') }]);
    await rejectsWith(409, /socket "?a"? already/, controller.addSocket(socket('a')));
    await rejectsWith(409, /socket "?z"? already/, controller.addSocket(socket('z')));
    const other = { ...socket('b'), listen: path('a.relay') };
    await rejectsWith(409, /relayed already/, controller.addSocket(other));
    const elsewhere = { ...socket('b'), listen: path('service/b.relay') };
    await rejectsWith(409, /service\/b\.relay/, controller.addSocket(elsewhere));
    const missing = { ...socket('b'), owner: 'no-such-user' };
    await rejectsWith(409, /no-such-user/, controller.addSocket(missing));
    assert.equal(existsSync(path('b.relay')), false);
    await rejectsWith(409, /of the configuration file/, controller.removeSocket('z'));
    await controller.registerContainer(request('c1'));
    await rejectsWith(409, /of a container/, controller.removeSocket('s'));
    assert.equal(controller.sockets().length, 3);
  });

  it('refuses an upstream of another type than asked for, and else takes it for what it is', async () => {
    await start('uds', []);
    bindSocket(SOCK_DGRAM, path('datagrams'), cleanup);
    const added = { ...socket('b'), upstream: path('datagrams') };
    const wrong = { ...added, type: 'stream' as const };
    await rejectsWith(422, /datagrams.* is a datagram socket/, controller.addSocket(wrong));
    await controller.addSocket(added);
    assert.equal(socketTypeAt(added.listen), 'dgram');
    const sockets = [{ path: '/run/s', upstream: path('datagrams') }];
    const { sockets: registered } = await controller.registerContainer(request('c1', { sockets }));
    assert.equal(socketTypeAt(registered[0]?.listen ?? ''), 'dgram');
  });

  it('makes one socket of two that are added under one name at the same time', async () => {
    await start('uds', []);
    const results = await Promise.allSettled([1, 2].map(() => controller.addSocket(socket('b'))));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
    const other = { ...socket('c'), listen: path('other.relay') };
    const [first, second] = await Promise.allSettled([
      controller.addSocket(socket('c')),
      controller.addSocket(other),
    ]);
    assert.deepEqual([first?.status, second?.status], ['fulfilled', 'rejected']);
  });

  it('shows a registered container from the start, with its traffic', async () => {
    await start('uds', []);
    const { sockets } = await controller.registerContainer(request('c1', { attributes: { team: 'x' } }));
    const [before] = controller.containers();
    assert.equal(before?.id, 'c1');
    assert.deepEqual(before?.attributes, { team: 'x' });
    assert.equal(before?.origin, 'control');
    assert.deepEqual(before?.sockets, [
      { name: 's', path: '/run/s', scope: undefined, protocols: [], counts: NONE },
    ]);
    assert.equal(controller.status().receivers[0]?.containers, 1);
    await exchange(sockets[0]?.listen ?? '');
    const [after] = controller.containers();
    assert.deepEqual(after?.sockets, [
      { name: 's', path: '/run/s', scope: 'host', protocols: [], counts: ONE },
    ]);
    assert.equal(controller.sockets()[0]?.container, 'c1');
    await controller.unregisterContainer('c1');
    assert.deepEqual([controller.sockets(), controller.containers()], [[], []]);
  });

  it('registers a container again where it is registered', async () => {
    await start('uds', []);
    await controller.registerContainer(request('c1'));
    const [[id, first] = assert.fail('there is no receiver')] = receivers;
    receivers.delete(id);
    await start('uds/0', []);
    receivers.set(id, first);
    await controller.registerContainer(request('c1'));
    assert.deepEqual(
      controller.sockets().map(({ receiver }) => receiver),
      ['uds'],
    );
    await controller.unregisterContainer('c1');
    assert.deepEqual(controller.sockets(), []);
  });
});
