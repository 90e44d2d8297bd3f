/** Containers that are made through bin/udscope-runtime: sockets they are annotated with are relayed. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { askJson } from '../../extensions/control/fixture.js';
import { BUSYBOX, bind, CLIENT, configurationOf, makeBundle } from './bundle.js';
import { clientArguments } from './client.js';
import { listenEcho } from './echo-service.js';
import { useContainers } from './fixture.js';
import { Container, engineId, RUNTIMES } from './runtimes.js';

const KEY = 'dev.gvisor.uds.monitor.path';
const LINGER_MS = 500;

/** As containerd annotates each container of a pod. */
const POD = {
  'io.kubernetes.cri.sandbox-name': 'shop-0',
  'io.kubernetes.cri.sandbox-namespace': 'sales',
  [`${KEY}.app`]: '/service.sock',
};
const IS_SANDBOX = { 'io.kubernetes.cri.container-type': 'sandbox' };
const IS_CONTAINER = { 'io.kubernetes.cri.container-type': 'container' };

describe('the runtime wrapper', () => {
  const fixture = useContainers(...RUNTIMES);

  it('has annotated sockets of four containers relayed, each for itself, and says where they are', async () => {
    const { agent, upstream } = fixture();
    const service = await fixture().serve();
    await agent.start();
    const wrapper = fixture().wrapper('closed');
    const containers = await Promise.all(
      [...RUNTIMES, ...RUNTIMES].map((runtime, i) =>
        fixture().run({
          runtime,
          wrapper,
          mounts: [bind(upstream, `/service${i}.sock`)],
          annotations: { [KEY]: `/service${i}.sock` },
          client: {
            socket: `/service${i}.sock`,
            connections: 2 + i,
            payloadBytes: 100 * i,
            methods: ['both', `only${i}`],
          },
        }),
      ),
    );
    for (const { id } of containers) await agent.untilCalled(id);
    assert.deepEqual(readdirSync(agent.containers).sort(), containers.map(({ id }) => id).sort());
    for (const [i, container] of containers.entries()) {
      const report = await container.finish();
      assert.equal(report.connections, 2 + i);
      const uds_socket_path = `/service${i}.sock`;
      await agent.assertCounted(
        { container_id: container.id, uds_socket_path, uds_socket_scope: 'host' },
        report,
      );
      assert.equal(service.calls[`only${i}`], report.calls[`only${i}`]);
    }
    assert.deepEqual(await agent.peers(), containers.map(({ id }) => id).sort());
    for (const { process } of containers) assert.doesNotMatch(process.output, /udscope/);
  });

  for (const runtime of RUNTIMES) {
    it(`lets go of all of a container that ${runtime} has killed in the middle of traffic`, async () => {
      const { agent, upstream } = fixture();
      const service = await fixture().serve();
      await agent.start({ linger: `${LINGER_MS}ms` });
      const container = await fixture().create({
        runtime,
        wrapper: fixture().wrapper('closed'),
        mounts: [bind(upstream, '/service.sock')],
        annotations: { [KEY]: '/service.sock' },
        client: { socket: '/service.sock', connections: 3 },
      });
      const labels = { container_id: container.id };
      const registered = `/v1/containers/${container.id}`;
      const folder = join(agent.containers, container.id);
      await agent.untilCalled(container.id);
      assert.ok(existsSync(folder));
      await container.kill();
      await agent.until('its connections to end', async () => {
        return (await agent.sum('uds_connections_active', labels)) === 0;
      });
      assert.deepEqual((await agent.counted(labels)).calls, service.calls);
      assert.equal((await askJson(agent.control, 'GET', registered)).status, 200);

      const deletedMs = performance.now();
      await container.delete();
      await agent.until('its sockets to go', async () => !existsSync(folder));
      assert.equal((await askJson(agent.control, 'GET', registered)).status, 404);
      await agent.until('its series to go', async () => (await agent.series(labels)).length === 0);
      assert.ok(performance.now() - deletedMs >= LINGER_MS);
      assert.deepEqual(await agent.peers(), []);
    });

    it(`relays two sockets of one ${runtime} container`, async () => {
      const { agent, cleanup } = fixture();
      await agent.start();
      const paths = ['/a.sock', '/b.sock'];
      const mounts = [];
      for (const path of paths) {
        const upstream = join(cleanup.directory(), 'service.sock');
        await listenEcho(cleanup, upstream);
        mounts.push(bind(upstream, path));
      }
      const scripts = paths.map((socket, i) =>
        [CLIENT, ...clientArguments({ socket, calls: 3 + i, payloadBytes: 10 ** i })].join(' '),
      );
      const bundle = await makeBundle(cleanup, {
        args: [BUSYBOX, 'sh', '-c', scripts.join('; ')],
        mounts,
        annotations: { [KEY]: paths.join(', ') },
      });
      const wrapper = fixture().wrapper('closed');
      const container = await Container.run(cleanup, { runtime, bundle, wrapper });
      await container.report(2);
      for (const [i, report] of container.reports().entries()) {
        assert.equal(report.calls['echo'], 3 + i);
        const labels = { container_id: container.id, uds_socket_path: paths[i] };
        await agent.assertCounted(labels, report);
      }
    });
  }

  it('relays a socket in a mounted directory, beside which the rest of it is seen', async () => {
    const { agent, upstream, cleanup } = fixture();
    await fixture().serve();
    await agent.start();
    const call = [CLIENT, ...clientArguments({ socket: '/host/echo.sock', calls: 4 })].join(' ');
    const directory = dirname(upstream);
    await listenEcho(cleanup, join(directory, 'other.sock'));
    const list = `${BUSYBOX} ls /host; ${BUSYBOX} rm -f /host/echo.sock; ${call}`;
    const bundle = await makeBundle(cleanup, {
      args: [BUSYBOX, 'sh', '-c', list],
      mounts: [bind(directory, '/host')],
      annotations: { [KEY]: '/host/echo.sock' },
    });
    const wrapper = fixture().wrapper('closed');
    const container = await Container.run(cleanup, { runtime: 'runc', bundle, wrapper });
    const report = await container.report();
    assert.match(container.process.output, /^echo\.sock\nother\.sock$/m);
    await agent.assertCounted({ container_id: container.id, uds_socket_path: '/host/echo.sock' }, report);
    assert.ok(existsSync(upstream));
  });

  for (const runtime of RUNTIMES) {
    it(`relays for the container of a pod in ${runtime} that the annotation names, and no other`, async () => {
      const { agent, upstream, cleanup } = fixture();
      const service = await fixture().serve();
      await agent.start();
      const root = cleanup.directory();
      const sandbox = engineId();
      const make = (annotations: Record<string, string>, calls: number) => ({
        runtime,
        root,
        wrapper: fixture().wrapper('closed'),
        mounts: [bind(upstream, '/service.sock')],
        annotations: { ...POD, 'io.kubernetes.cri.sandbox-id': sandbox, ...annotations },
        client: { socket: '/service.sock', calls },
      });
      await fixture().create({ ...make({ ...IS_SANDBOX, [KEY]: '/service.sock' }, 0), id: sandbox });
      const app = await fixture().run(
        make({ ...IS_CONTAINER, 'io.kubernetes.cri.container-name': 'app' }, 5),
      );
      const sidecar = await fixture().run(
        make({ ...IS_CONTAINER, 'io.kubernetes.cri.container-name': 'sidecar' }, 7),
      );
      const labels = {
        container_id: app.id,
        k8s_namespace_name: 'sales',
        k8s_pod_name: 'shop-0',
        k8s_container_name: 'app',
      };
      await agent.assertCounted(labels, await app.report());
      assert.equal((await sidecar.report()).calls['echo'], 7);
      assert.deepEqual(await agent.peers(), [app.id]);
      assert.ok((service.calls['echo'] ?? 0) > 5 + 7);
    });
  }

  it('relays for two containers of one name, under two roots of a runtime', async () => {
    const { agent, upstream } = fixture();
    await fixture().serve();
    await agent.start();
    const containers = [];
    for (const connections of [1, 2]) {
      containers.push(
        await fixture().create({
          runtime: 'runc',
          id: 'same-name',
          cgroup: `/udscope-test-${engineId().slice(0, 8)}`,
          wrapper: fixture().wrapper('closed'),
          mounts: [bind(upstream, '/service.sock')],
          annotations: { [KEY]: '/service.sock' },
          client: { socket: '/service.sock', connections },
        }),
      );
    }
    await agent.until('both to be connected', async () => {
      return (await agent.sum('uds_connections_active', { container_id: 'same-name' })) === 3;
    });
    assert.equal(readdirSync(agent.containers).length, 2);
    const active = await agent.series({ container_id: 'same-name' }, /^uds_connections_active$/);
    const [of1, of2] = [1, 2].map((count) => active.find(({ value }) => value === count)?.labels);
    assert.equal(of1?.['container_namespace'], undefined);
    const container_namespace = of2?.['container_namespace'] ?? assert.fail('they are one');

    const [first, second] = containers;
    await first?.kill();
    await first?.delete();
    await agent.until('its sockets to go', async () => readdirSync(agent.containers).length === 1);
    const labels = { container_id: 'same-name', container_namespace };
    await agent.assertCounted(labels, (await second?.finish()) ?? assert.fail());
  });

  it('leaves the specification of a container without the annotation as it is', async () => {
    const { agent, upstream, cleanup } = fixture();
    await fixture().serve();
    await agent.start();
    const bundle = await fixture().bundle({
      mounts: [bind(upstream, '/service.sock')],
      client: { socket: '/service.sock', calls: 1 },
    });
    const before = readFileSync(configurationOf(bundle));
    const wrapper = fixture().wrapper('closed');
    const container = await Container.run(cleanup, { runtime: 'runc', bundle, wrapper });
    assert.equal((await container.report()).calls['echo'], 1);
    assert.deepEqual(readFileSync(configurationOf(bundle)), before);
    assert.deepEqual(await agent.peers(), []);
  });
});
