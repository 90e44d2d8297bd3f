import assert from 'node:assert/strict';
import { Namesakes } from '../../src/identity/namesakes.js';
import { namespaceOfState } from '../../src/identity/namespace.js';
import { ProcessResolver } from '../../src/identity/resolve-process.js';
import { useCleanup } from '../support/cleanup.js';
import { FakeHost, snapshot } from './fake-host.js';
import { ID } from './ids.js';

const NAMESPACE = 'container.namespace';

describe('Namesakes', () => {
  const a = { id: 'web', namespace: 'a' };
  const b = { id: 'web', namespace: 'b' };

  it('tell the second container with an id from the first', () => {
    const namesakes = new Namesakes();
    assert.deepEqual(namesakes.add(a), {});
    assert.deepEqual(namesakes.add({ id: 'db', namespace: 'b' }), {});
    assert.deepEqual(namesakes.add(b), { [NAMESPACE]: 'b' });
    assert.deepEqual(namesakes.add(a), {}, 'the first stays what it was');
    namesakes.remove(a);
    namesakes.remove(b);
    assert.deepEqual(namesakes.add(b), {});
  });

  it('count containers as one if nothing known about them differs', () => {
    const namesakes = new Namesakes();
    assert.deepEqual(namesakes.add(a), {});
    assert.deepEqual(namesakes.add({ id: 'web', namespace: undefined }), {});
    assert.deepEqual(namesakes.add({ ...a, cgroup: '/x/web' }), {});
    assert.deepEqual(namesakes.add({ ...a, cgroup: '/y/web' }), { [NAMESPACE]: '/y' });
  });
});

describe('The namespace of a container', () => {
  for (const [path, namespace] of [
    ['/run/containerd/runc/k8s.io/c1', 'k8s.io'],
    ['/run/containerd/runsc/default/c1_sandbox:c1.state', 'default'],
    ['/var/run/docker/runtime-runc/moby/c1', 'moby'],
    ['/run/runc/c1', '/run/runc'],
    ['/var/run/runsc/c1_sandbox:c1.state', '/run/runsc'],
    ['/home/me/state/c1', '/home/me/state'],
  ] as const) {
    it(`is ${namespace} by ${path}`, () => assert.equal(namespaceOfState(path), namespace));
  }
});

describe('Containers with the same id in two containerd namespaces', () => {
  const cleanup = useCleanup();
  let host: FakeHost;
  let resolver: ProcessResolver;
  beforeEach(() => {
    host = new FakeHost(cleanup);
    resolver = new ProcessResolver(host.files);
  });

  const containerIn = (cgroup: string) =>
    resolver.resolve(snapshot(cgroup)).container ?? assert.fail(`${cgroup} is in no container`);

  it("are told apart by runc's state", () => {
    for (const namespace of ['a', 'b']) {
      const paths = { '': `${host.files.cgroups}/${namespace}/web` };
      host.write(`containerd/runc/${namespace}/web/state.json`, { id: 'web', cgroup_paths: paths });
    }
    const [first, second] = ['0::/a/web', '0::/b/web'].map(containerIn);
    assert.deepEqual([first?.namespace, first?.attributes], ['a', {}]);
    assert.deepEqual([second?.namespace, second?.attributes], ['b', { [NAMESPACE]: 'b' }]);
    assert.notEqual(first?.livenessPath, second?.livenessPath);
    assert.equal(containerIn('0::/a/web'), first);
    resolver.forget(first ?? assert.fail());
    assert.equal(containerIn('0::/b/web'), second, 'the end of one is not that of the other');
  });

  it('are told apart by their bundles and cgroups', () => {
    for (const namespace of ['a', 'b']) {
      host.write(`tasks/${namespace}/${ID}/config.json`, {
        annotations: { 'io.kubernetes.cri.container-name': namespace },
        linux: { cgroupsPath: `/${namespace}/${ID}` },
      });
    }
    const [second, first] = [`0::/b/${ID}`, `0::/a/${ID}/child`].map(containerIn);
    assert.deepEqual([second?.namespace, second?.attributes], ['b', { 'k8s.container.name': 'b' }]);
    assert.deepEqual(
      [first?.namespace, first?.attributes],
      ['a', { 'k8s.container.name': 'a', [NAMESPACE]: 'a' }],
    );
  });

  it('are told apart by their cgroups alone', () => {
    const [first, second] = [`0::/a/${ID}`, `0::/b/${ID}`].map(containerIn);
    assert.deepEqual([first?.attributes, second?.attributes], [{}, { [NAMESPACE]: '/b' }]);
  });

  it('are told apart in one cgroup by their file systems', () => {
    host.process('self', 'mnt:[1]', '1 0 8:1 / / rw - ext4 d rw\n');
    const initPids = { a: 11, b: 12 };
    for (const [namespace, pid] of Object.entries(initPids)) {
      const paths = { '': `${host.files.cgroups}/web` };
      const state = { id: 'web', init_process_pid: pid, cgroup_paths: paths };
      host.write(`containerd/runc/${namespace}/web/state.json`, state);
      host.process(pid, `mnt:[${pid}]`, `1 0 0:${pid} / / rw - overlay o rw\n`);
    }
    const namespaceOf = (mountNamespace: string, rootPlace?: string) =>
      resolver.resolve(snapshot('0::/web', { executable: '/bin/sh', mountNamespace, rootPlace })).container
        ?.namespace;
    assert.equal(namespaceOf('mnt:[11]'), 'a');
    assert.equal(namespaceOf('mnt:[12]'), 'b');
    assert.equal(
      namespaceOf('mnt:[13]', '0:12 /'),
      'b',
      'in a namespace of its own, as programs in it may have',
    );
    assert.equal(namespaceOf('mnt:[14]', '0:14 /'), undefined, 'of a third, under a root that nobody knows');
  });
});
