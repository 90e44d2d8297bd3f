import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { pino } from 'pino';
import { type ContainerRequest, ControlError } from '../../../../src/api/agent.js';
import type { RegisteredContainer } from '../../../../src/api/containers/schema.js';
import { ContainerSockets } from '../../../../src/receivers/uds/containers/container-sockets.js';
import { AttributedReceiver } from '../../../support/attribution/attributed-receiver.js';
import { useCleanup } from '../../../support/cleanup.js';
import { eventually } from '../../../support/eventually.js';
import { RawListener, RawStream } from '../../../support/raw-stream.js';

const ANNOTATION = 'dev.gvisor.uds.monitor.path';
const MANY = 1000;
/** So many registrations take about a second; what takes longer for each the more there are takes far longer. */
const MANY_MS = 15_000;

describe('ContainerSockets', () => {
  const cleanup = useCleanup();
  let agent: AttributedReceiver;
  let sockets: ContainerSockets;
  let upstream: RawListener;
  let directory: string;

  beforeEach(async () => {
    agent = new AttributedReceiver(cleanup);
    await agent.apply([]);
    const { receiver, containers } = agent;
    sockets = new ContainerSockets({ receiver, containers, logger: pino({ level: 'silent' }) });
    upstream = RawListener.listen(agent.path('service.sock'), cleanup);
    directory = agent.path('containers');
  });

  function request(id: string, more: Partial<ContainerRequest> = {}): ContainerRequest {
    return {
      id,
      attributes: {},
      sockets: [{ path: '/s', upstream: upstream.path }],
      annotations: {},
      mounts: [],
      bundle: undefined,
      livenessPath: undefined,
      ...more,
    };
  }

  /** Registers sockets of the folder of the upstream, which is mounted at /run. */
  function mounted(names: readonly string[]) {
    const within = dirname(upstream.path);
    const wanted = names.map((name) => ({ path: `/run/${name}`, upstream: `${within}/${name}`, within }));
    const mounts = [{ destination: '/run', source: within, type: 'bind' }];
    return sockets.register(request('c1', { sockets: wanted, mounts }));
  }

  async function relayed({ sockets: [socket] }: RegisteredContainer) {
    const client = RawStream.connect(socket?.listen ?? assert.fail('there is no socket'), cleanup);
    return { client, server: await upstream.accept(cleanup) };
  }

  const rejectsWith = (status: number, message: RegExp, action: Promise<unknown>) =>
    assert.rejects(
      action,
      (error) => error instanceof ControlError && error.status === status && message.test(error.message),
    );

  it('makes a socket that leads to the upstream, counted for the container', async () => {
    const registered = await sockets.register(request('c1', { attributes: { team: 'x' } }));
    assert.deepEqual(registered, {
      id: 'c1',
      sockets: [{ path: '/s', upstream: upstream.path, listen: `${directory}/c1/0.sock` }],
      refused: [],
    });
    const { client, server } = await relayed(registered);
    client.send(Buffer.from('hello'));
    assert.equal((await server.receiveExactly(5)).toString(), 'hello');
    const [{ series } = assert.fail('there is no series')] = agent.table.readings();
    const { attributes } = series;
    assert.equal(attributes['uds.socket.path'], '/s');
    assert.equal(attributes['uds.socket.name'], 's');
    assert.equal(attributes['container.id'], 'c1');
    assert.equal(attributes['team'], 'x');
    assert.deepEqual(
      [directory, `${directory}/c1`].map((path) => statSync(path).mode & 0o777),
      [0o700, 0o700],
    );
  });

  it('changes nothing when it is asked for the same again', async () => {
    const first = await sockets.register(request('c1'));
    const { ino } = statSync(`${directory}/c1/0.sock`);
    const { client, server } = await relayed(first);
    assert.deepEqual(await sockets.register(request('c1')), first);
    assert.equal(statSync(`${directory}/c1/0.sock`).ino, ino);
    client.send(Buffer.from('still'));
    assert.equal((await server.receiveExactly(5)).toString(), 'still');
    assert.equal(sockets.size, 1);
  });

  it('replaces what has changed and leaves the rest', async () => {
    const [a, b, c] = ['/a', '/b', '/c'].map((path) => ({ path, upstream: upstream.path }));
    await sockets.register(request('c1', { sockets: [a!, b!] }));
    const { ino } = statSync(`${directory}/c1/1.sock`);
    const changed = await sockets.register(request('c1', { sockets: [b!, c!] }));
    assert.deepEqual(
      changed.sockets.map(({ path, listen }) => [path, listen.slice(directory.length)]),
      [
        ['/b', '/c1/1.sock'],
        ['/c', '/c1/0.sock'],
      ],
    );
    assert.equal(statSync(`${directory}/c1/1.sock`).ino, ino);
    const empty = await sockets.register(request('c1', { sockets: [] }));
    assert.deepEqual(empty.sockets, []);
    assert.equal(existsSync(`${directory}/c1`), false);
    assert.equal(sockets.has('c1'), false);
  });

  it('makes those of a mounted folder', async () => {
    const { sockets: made, refused } = await mounted(['service.sock']);
    assert.deepEqual(made, [
      { path: '/run/service.sock', upstream: upstream.path, listen: `${directory}/c1/0.sock` },
    ]);
    assert.deepEqual(refused, []);
  });

  it('refuses one of a mounted folder that cannot be relayed alone, and relays the rest', async () => {
    writeFileSync(agent.path('file'), '');
    await sockets.register(request('other'));
    const refusedOf = async (name: string) => {
      const registered = await mounted([name, 'service.sock']);
      assert.equal(registered.sockets.length, 1, name);
      const [{ path, reason } = assert.fail(`${name} is not refused`)] = registered.refused;
      assert.equal(path, `/run/${name}`);
      return reason;
    };
    assert.match(await refusedOf('../elsewhere'), /where nothing is/);
    assert.match(await refusedOf('file'), /which is not a socket/);
    assert.match(await refusedOf('nothing'), /where nothing is/);
    assert.match(await refusedOf('service.sock/deeper'), /where nothing is/);
    assert.match(await refusedOf('containers/other/0.sock'), /a relay socket of udscope itself/);
    const outside = RawListener.listen(`${cleanup.directory()}/outside`, cleanup);
    symlinkSync(outside.path, agent.path('link'));
    assert.match(await refusedOf('link'), /out of the mounted directory/);
  });

  it('makes a socket anew that is mounted from elsewhere', async () => {
    const [whole, deep] = [dirname(upstream.path), upstream.path];
    const at = (within: string) =>
      sockets.register(request('c1', { sockets: [{ path: '/s', upstream: upstream.path, within }] }));
    const relay = () => agent.receiver.socketAt(`${directory}/c1/0.sock`);
    await at(whole);
    const first = relay();
    await at(whole);
    assert.equal(relay(), first);
    await at(deep);
    assert.equal(relay()?.config.within, deep);
  });

  it('reads no annotation for sockets, and says so', async () => {
    const own = { 'io.kubernetes.cri.sandbox-name': 'pod-1' };
    for (const key of [ANNOTATION, `${ANNOTATION}.app`]) {
      const annotations = { ...own, [key]: '/run/service.sock' };
      await rejectsWith(
        422,
        /monitor\.path.* is for udscope-runtime to read; send the sockets/,
        sockets.register(request('c1', { annotations })),
      );
    }
    await sockets.register(request('c1', { annotations: own }));
    assert.equal(agent.receiver.socketAt(`${directory}/c1/0.sock`)?.config.known?.['k8s.pod.name'], 'pod-1');
  });

  it('says what makes no sense', async () => {
    await sockets.register(request('other'));
    const own = [{ path: '/s', upstream: `${directory}/other/0.sock` }];
    await rejectsWith(422, /a relay socket of udscope/, sockets.register(request('c1', { sockets: own })));
    await rejectsWith(404, /no container c1|no container "c1"/, sockets.unregister('c1'));
    assert.equal(sockets.size, 1);
    assert.deepEqual(readdirSync(directory), ['other']);
  });

  it('makes no sockets where others could replace them', async () => {
    mkdirSync(`${directory}/c1`, { recursive: true });
    chmodSync(`${directory}/c1`, 0o777);
    await rejectsWith(503, /can be written to by others/, sockets.register(request('c1')));
    assert.deepEqual(readdirSync(directory), [], 'nothing was in it');
    writeFileSync(`${directory}/c1`, '');
    await rejectsWith(503, /EEXIST|is not a directory/, sockets.register(request('c1')));
    rmSync(`${directory}/c1`);
    chmodSync(directory, 0o777);
    await rejectsWith(503, /can be written to by others/, sockets.register(request('c1')));
    assert.equal(sockets.size, 0);
    assert.equal(agent.receiver.isAdded(`${directory}/c1/0.sock`), false);
  });

  it('names a folder after a digest where the id is too long for an address', async () => {
    const ids = ['a', 'b'].map((letter) => letter.repeat(128));
    const made = await Promise.all(ids.map((id) => sockets.register(request(id))));
    const folders = made.map(({ sockets: [socket] }) => dirname(socket?.listen ?? ''));
    assert.equal(new Set(folders).size, 2);
    for (const folder of folders) assert.match(folder, /\/[0-9a-f]{32}$/);
    await relayed(made[0]!);
  });

  describe('of one id in two namespaces', () => {
    const inNamespace = (namespace: string, more: Partial<ContainerRequest> = {}) =>
      sockets.register(request('web', { namespace, ...more }));
    const listenOf = ({ sockets: [socket] }: RegisteredContainer) =>
      socket?.listen ?? assert.fail('no socket');

    it('are two containers, each with sockets of its own', async () => {
      const first = await inNamespace('a');
      const second = await inNamespace('b');
      assert.equal(listenOf(first), `${directory}/web/0.sock`);
      assert.match(listenOf(second).slice(directory.length), /^\/[0-9a-f]{32}\/0\.sock$/);
      assert.equal(sockets.size, 2);
      for (const registered of [first, second]) {
        const { client, server } = await relayed(registered);
        client.send(Buffer.from('x'));
        await server.receiveExactly(1);
      }
      const namespaces = agent.table
        .readings()
        .map(({ series }) => series.attributes)
        .filter((attributes) => attributes['container.id'] === 'web')
        .map((attributes) => attributes['container.namespace']);
      assert.deepEqual(namespaces, [undefined, 'b']);
      assert.deepEqual(await inNamespace('b'), second, 'the same again changes nothing');
      await sockets.unregister('web', 'a');
      assert.deepEqual([sockets.has('web', 'a'), sockets.has('web', 'b'), sockets.size], [false, true, 1]);
      await sockets.unregister('web');
      assert.deepEqual(readdirSync(directory), []);
    });

    it('are known by where their states are, when nobody says more', async () => {
      const livenessPaths = ['a', 'b'].map((namespace) => `/run/containerd/runc/${namespace}/web`);
      for (const livenessPath of livenessPaths) await sockets.register(request('web', { livenessPath }));
      assert.equal(sockets.size, 2);
      for (const namespace of ['a', 'b']) assert.equal(sockets.has('web', namespace), true);
    });

    it('are not guessed at', async () => {
      await inNamespace('a');
      assert.equal((await sockets.register(request('web'))).sockets.length, 1);
      assert.equal(sockets.size, 1, 'it is the only one');
      await inNamespace('b');
      await rejectsWith(
        409,
        /several containers "web"; give a namespace: "a", "b"/,
        sockets.register(request('web')),
      );
      await rejectsWith(409, /several containers/, sockets.unregister('web'));
      await rejectsWith(404, /no container/, sockets.unregister('web', 'c'));
    });

    it('end each for itself', async () => {
      const stateOf = (namespace: string) => {
        const path = agent.path(`${namespace}/web`);
        mkdirSync(path, { recursive: true });
        return path;
      };
      const [a, b] = [stateOf('a'), stateOf('b')];
      for (const each of [a, b]) await sockets.register(request('web', { livenessPath: each }));
      rmSync(a, { recursive: true });
      await eventually('the first has ended', () => sockets.size === 1);
      assert.equal(sockets.has('web', dirname(b)), true);
    });
  });

  it('removes everything of a container, connections included', async () => {
    const { client, server } = await relayed(await sockets.register(request('c1')));
    await sockets.unregister('c1');
    assert.equal((await client.receiveAll()).end, 'EOF');
    assert.equal((await server.receiveAll()).end, 'EOF');
    assert.deepEqual(readdirSync(directory), []);
    assert.equal(sockets.size, 0);
  });

  it('removes it when its liveness path vanishes, which may appear late', async () => {
    const livenessPath = agent.path('c1');
    const registered = await sockets.register(request('c1', { livenessPath }));
    const { client } = await relayed(registered);
    await sockets.register(request('c2', { livenessPath }));
    assert.equal(sockets.size, 2);
    // Whoever waits for it looks now and then.
    await eventually('both are gone', () => {
      if (existsSync(livenessPath)) rmSync(livenessPath, { recursive: true });
      else mkdirSync(livenessPath);
      return sockets.size === 0;
    });
    assert.equal((await client.receiveAll()).end, 'EOF');
    await eventually('so are their folders', () => readdirSync(directory).length === 0);
  });

  it('removes one whose liveness path has vanished while it was told of another', async () => {
    const [before, after] = [agent.path('before'), agent.path('after')];
    for (const livenessPath of [before, after]) mkdirSync(livenessPath);
    await sockets.register(request('c1', { livenessPath: before }));
    await sockets.register(request('c1', { livenessPath: after }));
    rmSync(before, { recursive: true });
    await sockets.register(request('c2'));
    assert.equal(sockets.size, 2, 'it lives by the other');
    rmSync(after, { recursive: true });
    await eventually('it is gone', () => !sockets.has('c1'));
  });

  it('keeps them, and their connections, over a change of the configuration', async () => {
    const registered = await sockets.register(request('c1'));
    const { ino } = statSync(`${directory}/c1/0.sock`);
    const { client, server } = await relayed(registered);
    await agent.apply(['a'], { receiver: { threads: 2 }, attributes: ['container.id'] });
    assert.equal(statSync(`${directory}/c1/0.sock`).ino, ino);
    client.send(Buffer.from('still'));
    assert.equal((await server.receiveExactly(5)).toString(), 'still');
    await relayed(registered);
    await sockets.unregister('c1');
    assert.equal((await client.receiveAll()).end, 'EOF');
  });

  it('leaves no files when the receiver is shut down', async () => {
    await sockets.register(request('c1'));
    await agent.receiver.shutdown(0);
    assert.equal(existsSync(`${directory}/c1/0.sock`), false);
  });

  it('takes very many at once, and lets go of them', async function () {
    this.timeout(2 * MANY_MS);
    mkdirSync(agent.path('states'));
    const ids = Array.from({ length: MANY }, (_, i) => `c${i}`);
    const startedMs = performance.now();
    await Promise.all(
      ids.map((id) => sockets.register(request(id, { livenessPath: agent.path(`states/${id}`) }))),
    );
    const tookMs = performance.now() - startedMs;
    assert.equal(sockets.size, MANY);
    assert.ok(tookMs < MANY_MS, `${MANY} took ${Math.round(tookMs)} ms`);
    for (const id of ids) mkdirSync(agent.path(`states/${id}`));
    await sockets.register(request('last'));
    for (const id of ids) rmSync(agent.path(`states/${id}`), { recursive: true });
    await Promise.all(ids.map((id) => sockets.unregister(id).catch(() => {})));
    assert.equal(sockets.size, 1);
    assert.deepEqual(readdirSync(directory), ['last']);
  });
});
