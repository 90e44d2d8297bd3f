/** One relay socket that everybody uses: who has connected is found out by the agent. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isListening } from '../../support/listening.js';
import { startProcess, waitFor } from '../../support/process.js';
import { together } from './agent.js';
import { BUSYBOX, bind, CLIENT, makeBundle } from './bundle.js';
import { buildClient, type ClientOptions, clientArguments, type Report } from './client.js';
import { useContainers } from './fixture.js';
import { Container, engineId, RUNTIMES } from './runtimes.js';

/** Where containerd has runc keep its state, a folder for each namespace. */
const CONTAINERD_ROOT = '/run/containerd/runc';

const KINDS = ['directory', 'file'] as const;
const NOTIFICATIONS = 20;

describe('a shared socket', () => {
  const fixture = useContainers(...RUNTIMES);

  it('is counted for each of four containers and a host process that use it at the same time', async () => {
    const { agent, relay } = fixture();
    const service = await fixture().serve();
    await agent.start({ sockets: [fixture().socket()] });
    const places = RUNTIMES.flatMap((runtime) => KINDS.map((kind) => ({ runtime, kind })));
    const containers = await Promise.all(
      places.map(({ runtime, kind }, i) => {
        const { socket, mounts } = fixture().mountsOf(kind);
        return fixture().run({ runtime, mounts, client: { socket, ...trafficOf(i) } });
      }),
    );
    const host = await startProcess({
      command: await buildClient(),
      args: clientArguments({ socket: relay, calls: 20, payloadBytes: 7, methods: ['eth_host'] }),
    });
    await host.exited;
    for (const { id } of containers) await agent.untilCalled(id);
    const reports = await Promise.all(containers.map((container) => container.finish()));
    const hostReport = JSON.parse(host.output) as Report;
    for (const [i, report] of reports.entries()) {
      assert.equal(report.connections, trafficOf(i).connections);
      await agent.assertCounted({ container_id: containers[i].id, uds_socket_scope: 'host' }, report);
    }
    await agent.assertCounted({ process_executable_name: 'client', uds_socket_scope: 'host' }, hostReport);
    const all = together([...reports, hostReport]);
    await agent.assertCounted({}, all);
    assert.deepEqual(await agent.peers(), [...containers.map(({ id }) => id), 'client'].sort());
    assert.deepEqual(service.calls, all.calls);
  });

  it('is counted under the name of a container that no engine has made', async () => {
    const { agent } = fixture();
    await fixture().serve();
    await agent.start({ sockets: [fixture().socket()] });
    const { socket, mounts } = fixture().mountsOf('directory');
    const id = `udscope-test-${randomBytes(4).toString('hex')}`;
    const container = await fixture().run({ runtime: 'runc', id, root: null, mounts, client: { socket } });
    // The name is looked up in the runtime's state, which is there as long as the container.
    await agent.untilCalled(id);
    await agent.assertCounted({ container_id: id }, await container.finish());
    assert.deepEqual(await agent.peers(), [id]);
  });

  it('is counted for two containers of one name, in two namespaces of containerd', async () => {
    const { agent, cleanup } = fixture();
    await fixture().serve();
    await agent.start({ sockets: [fixture().socket()] });
    const { socket, mounts } = fixture().mountsOf('directory');
    const id = `udscope-test-${randomBytes(4).toString('hex')}`;
    const namespaces = [`a-${id}`, `b-${id}`];
    const containers = [];
    for (const [i, namespace] of namespaces.entries()) {
      const root = join(CONTAINERD_ROOT, namespace);
      mkdirSync(root, { recursive: true, mode: 0o711 });
      cleanup.defer(() => rmSync(root, { recursive: true, force: true }));
      const client = { socket, connections: 1 + i };
      const cgroup = `/${namespace}/${id}`;
      containers.push(await fixture().run({ runtime: 'runc', id, root, mounts, client, cgroup }));
      await agent.until('it to be counted', async () => {
        return (await agent.sum('uds_connections_opened_total', { container_id: id })) >= [1, 3][i]!;
      });
    }
    for (const [i, container] of containers.entries()) {
      const labels = { container_id: id, container_namespace: i === 0 ? undefined : namespaces[i] };
      await agent.assertCounted(labels, await container.finish());
    }
  });

  it('is counted for nobody by containers under a root that nobody has spoken of', async () => {
    const { agent } = fixture();
    await fixture().serve();
    await agent.start({ sockets: [fixture().socket()] });
    const { socket, mounts } = fixture().mountsOf('directory');
    const cgroup = `/udscope-test-${randomBytes(4).toString('hex')}`;
    const reports: Report[] = [];
    for (const id of ['one', 'two']) {
      const client = { socket, calls: 2 };
      const container = await fixture().run({
        runtime: 'runc',
        id: `${cgroup.slice(1)}-${id}`,
        mounts,
        client,
        cgroup,
      });
      reports.push(await container.report());
    }
    const host = await startProcess({
      command: await buildClient(),
      args: clientArguments({ socket: fixture().relay, calls: 5 }),
    });
    await host.exited;
    const nobody = { container_id: undefined, process_executable_name: undefined };
    await agent.assertCounted(nobody, together(reports));
    assert.deepEqual(await agent.peers(), ['', basename(await buildClient())]);
    const unattributed = await agent.series(
      { reason: 'unknown_container' },
      /^udscope_attribution_unattributed/,
    );
    assert.deepEqual(
      unattributed.map(({ value }) => value),
      [2],
    );
  });

  it('is counted for each container of a pod in gVisor, which share a sandbox', async () => {
    const { agent, cleanup } = fixture();
    await fixture().serve();
    await agent.start({ sockets: [fixture().socket()] });
    const { socket, mounts } = fixture().mountsOf('directory');
    const root = cleanup.directory();
    const id = engineId();
    const make = (type: string, client: Omit<ClientOptions, 'socket'>) => ({
      runtime: 'runsc' as const,
      root,
      mounts,
      annotations: {
        'io.kubernetes.cri.container-type': type,
        'io.kubernetes.cri.sandbox-id': id,
        'io.kubernetes.cri.container-name': `${client.methods}`,
      },
      client: { socket, ...client },
    });
    const sandbox = await fixture().create({ ...make('sandbox', { methods: ['pause'] }), id });
    const others = [];
    for (const name of ['app', 'sidecar']) {
      others.push(await fixture().run(make('container', { calls: 30, methods: [name] })));
    }
    await agent.untilCalled(id);
    for (const [i, container] of others.entries()) {
      const labels = { container_id: container.id, k8s_container_name: ['app', 'sidecar'][i] };
      await agent.assertCounted(labels, await container.report());
    }
    await agent.assertCounted({ container_id: id }, await sandbox.finish());
    assert.deepEqual(await agent.peers(), [id, ...others.map((container) => container.id)].sort());
  });

  it('tells that a container serves it, and which one', async () => {
    const { agent, cleanup } = fixture();
    const directory = cleanup.directory();
    const upstream = join(directory, 'inner.sock');
    const server = await fixture().run({
      runtime: 'runc',
      mounts: [bind(directory, '/serving')],
      client: { mode: 'serve', socket: '/serving/inner.sock' },
    });
    await waitFor('the server to listen', () => isListening(upstream), { process: server.process });
    await agent.start({ sockets: [fixture().socket(upstream)] });
    const { socket, mounts } = fixture().mountsOf('directory');
    const reports: Report[] = [];
    for (const runtime of RUNTIMES) {
      const client = await fixture().run({ runtime, mounts, client: { socket, calls: 10 } });
      const report = await client.report();
      await agent.assertCounted(
        { container_id: client.id, uds_socket_scope: 'internal', server_container_id: server.id },
        report,
      );
      reports.push(report);
    }
    assert.deepEqual((await server.finish()).calls, together(reports).calls);
  });

  for (const runtime of RUNTIMES) {
    it(`loses nothing of clients in ${runtime} that are gone as soon as they have written`, async () => {
      const { agent, cleanup } = fixture();
      const service = await fixture().serve();
      await agent.start({ sockets: [fixture().socket()] });
      const { socket, mounts } = fixture().mountsOf('directory');
      const once = [CLIENT, ...clientArguments({ mode: 'notify', socket })].join(' ');
      const script = `i=0; while [ $i -lt ${NOTIFICATIONS} ]; do ${once}; i=$((i + 1)); done; ${BUSYBOX} cat`;
      const bundle = await makeBundle(cleanup, { args: [BUSYBOX, 'sh', '-c', script], mounts });
      const container = await Container.run(cleanup, { runtime, bundle });
      await container.report(NOTIFICATIONS);
      await agent.assertCounted({}, together(container.reports()));
      await waitFor('the service to hear all', () => service.calls['echo'] === NOTIFICATIONS);
      const counted = await agent.counted({ container_id: container.id });
      const gone = await agent.sum('udscope_attribution_unattributed_total', { reason: 'gone' });
      assert.equal(counted.connections + gone, NOTIFICATIONS);
      // Whoever connects for a container of gVisor is there as long as the container.
      if (runtime === 'runsc') assert.equal(gone, 0);
      const strangers = (await agent.peers()).filter((peer) => peer !== container.id && peer !== '');
      assert.deepEqual(strangers, []);
    });
  }
});

/** What the client of a container does: unlike that of any other. */
function trafficOf(index: number) {
  return {
    connections: index + 1,
    payloadBytes: 1000 * index + 10,
    methods: ['eth_call', `eth_method${index}`],
    pauseMs: 5,
  };
}
