import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Containers } from '../../src/identity/containers.js';
import type { ProcessIdentity } from '../../src/identity/identity.js';
import { cgroupOf, containerId, FakeProcesses, HOST_CGROUP } from '../support/attribution/fake-processes.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { snapshot } from './fake-host.js';

/** Of a process that has never connected. */
const connections = () => ({ opened: 0, closed: 0 });

describe('Containers', () => {
  const cleanup = useCleanup();
  let host: FakeProcesses;
  let containers: Containers;
  /** Names of the followers that have been told that their process has ended. */
  let told: string[];

  beforeEach(() => {
    host = new FakeProcesses(cleanup);
    containers = new Containers(host.files);
    cleanup.defer(() => containers.close());
    told = [];
  });

  /** Starts a container. */
  function started(container: number): ProcessIdentity {
    host.startContainer(container);
    return containers.identify(snapshot(cgroupOf(container)));
  }

  function follow(peer: ProcessIdentity, name: string): () => void {
    return containers.follow(peer, { connections, ended: () => told.push(name) });
  }

  const toldOf = (...names: string[]) =>
    eventually(`${names} are told`, () => names.every((name) => told.includes(name)));

  it('tells each follower of a container once when it ends', async () => {
    const [one, two] = [started(1), started(2)];
    follow(one, 'a');
    follow(one, 'b');
    follow(two, 'c');
    follow(one, 'gone')();
    host.endContainer(1);
    await toldOf('a', 'b');
    host.endContainer(2);
    await toldOf('c');
    assert.deepEqual(told, ['a', 'b', 'c']);
  });

  it('reports a container that has already ended, after follow() has returned', async () => {
    const one = started(1);
    host.endContainer(1);
    follow(one, 'late');
    assert.deepEqual(told, []);
    await toldOf('late');
  });

  it('follows a container that comes back, while another still follows its first life', async () => {
    const release = follow(started(1), 'first');
    host.endContainer(1);
    await toldOf('first');
    follow(started(1), 'second');
    release();
    await nextTurn();
    host.endContainer(1);
    await toldOf('second');
  });

  it("reads the host's files again once a container has no followers left", () => {
    const nameOf = (peer: ProcessIdentity) => peer.container?.attributes['container.name'];
    const file = `docker/${containerId(1)}/config.v2.json`;
    host.write(file, { Name: '/before' });
    const one = started(1);
    const [first, second] = [follow(one, 'a'), follow(one, 'b')];
    host.write(file, { Name: '/after' });
    first();
    assert.equal(nameOf(started(1)), 'before');
    second();
    assert.equal(nameOf(started(1)), 'after');
  });

  it('expects a container before it exists, and reports when it ends', async () => {
    const livenessPath = `${host.files.cgroups}/containers/${containerId(1)}`;
    containers.expect(livenessPath, () => told.push('expected'));
    await nextTurn();
    host.startContainer(1);
    follow(started(1), 'followed');
    host.endContainer(1);
    await toldOf('expected', 'followed');
  });

  it('follows a process without a liveness path', () => {
    const release = follow(containers.identify(snapshot(HOST_CGROUP, { executable: '/bin/sh' })), 'host');
    release();
    release();
    assert.deepEqual(told, []);
  });
});
