import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import fc from 'fast-check';
import type { ProcessSnapshot } from '../../src/identity/process-snapshot.js';
import { ProcessResolver } from '../../src/identity/resolve-process.js';
import { useCleanup } from '../support/cleanup.js';
import { FakeHost, snapshot } from './fake-host.js';
import { ID, OTHER_ID, POD_UID } from './ids.js';

describe('ProcessResolver', () => {
  const cleanup = useCleanup();
  let host: FakeHost;
  let resolver: ProcessResolver;

  beforeEach(() => {
    host = new FakeHost(cleanup);
    resolver = new ProcessResolver(host.files);
  });

  const containerOf = (from: ProcessSnapshot) => resolver.resolve(from).container;

  it('names a container of Docker', () => {
    host.write(`docker/${ID}/config.v2.json`, { Name: '/web', Config: { Image: 'nginx:1' } });
    const livenessPath = host.folder(`cgroup/system.slice/docker-${ID}.scope`);
    const peer = resolver.resolve(
      snapshot(`0::/system.slice/docker-${ID}.scope\n`, { executable: '/bin/sh' }),
    );
    assert.deepEqual(peer, {
      container: {
        id: ID,
        attributes: { 'container.name': 'web', 'container.image.name': 'nginx:1' },
        livenessPath,
        namespace: undefined,
        cgroup: `/system.slice/docker-${ID}.scope`,
      },
      executable: undefined,
    });
  });

  it('names a container of Kubernetes by the annotations in its bundle', () => {
    host.write(`tasks/k8s.io/${ID}/config.json`, {
      annotations: { 'io.kubernetes.cri.sandbox-name': 'web-0', 'io.kubernetes.cri.container-name': 'web' },
    });
    const container = containerOf(snapshot(`0::/kubepods/pod${POD_UID}/${ID}`));
    assert.deepEqual(container?.attributes, {
      'k8s.pod.uid': POD_UID,
      'k8s.pod.name': 'web-0',
      'k8s.container.name': 'web',
    });
  });

  it("names a container by CRI-O's bundle, and by runc's state", () => {
    const annotation = 'io.kubernetes.container.name';
    host.write(`overlay-containers/${ID}/userdata/config.json`, { annotations: { [annotation]: 'web' } });
    host.write(`containerd/runc/k8s.io/${OTHER_ID}/state.json`, {
      id: OTHER_ID,
      config: { labels: [`${annotation}=db=1`, 'bundle=/b', 7] },
    });
    assert.equal(containerOf(snapshot(`0::/crio-${ID}.scope`))?.attributes['k8s.container.name'], 'web');
    const other = containerOf(snapshot(`0::/k8s.io/${OTHER_ID}`));
    assert.equal(other?.attributes['k8s.container.name'], 'db=1');
  });

  it('knows only the id when files are missing or invalid', () => {
    host.write(`docker/${ID}/config.v2.json`, { Name: ['x'], Config: 'x' });
    host.write(`tasks/moby/${ID}/config.json`, '{"annotations": 7');
    const container = containerOf(snapshot(`0::/docker/${ID}`));
    assert.equal(container?.id, ID);
    assert.deepEqual(
      [container.attributes, container.livenessPath, container.namespace],
      [{}, undefined, undefined],
    );
  });

  it('names the executable of a process in no container', () => {
    const named = (executable?: string) =>
      resolver.resolve(snapshot('0::/init.scope', { executable })).executable;
    assert.equal(named('/usr/bin/curl'), 'curl');
    assert.equal(named('/usr/bin/curl (deleted)'), 'curl');
    assert.equal(named('/tmp/a\u001bb'), 'a\\u{1b}b');
    assert.equal(named(), undefined);
  });

  it('reads no file again for a known container until it is forgotten', () => {
    const docker = host.write(`docker/${ID}/config.v2.json`, { Name: '/web' });
    const first = containerOf(snapshot(`0::/docker/${ID}`));
    rmSync(docker);
    assert.equal(containerOf(snapshot(`0::/docker/${ID}/child`, { pid: 1 })), first);
    resolver.forget(first ?? assert.fail());
    assert.deepEqual(containerOf(snapshot(`0::/docker/${ID}`))?.attributes, {});
  });

  describe('liveness path', () => {
    const livenessPathOf = (cgroup: string) => containerOf(snapshot(cgroup))?.livenessPath;

    it("is the container's cgroup, not a cgroup below it", () => {
      host.folder(`cgroup/docker/${ID}/child`);
      assert.equal(livenessPathOf(`0::/docker/${ID}/child`), host.path(`cgroup/docker/${ID}`));
    });

    const mounts: [string, string][] = [
      ['', 'unified'],
      ['name=systemd', 'systemd'],
      ['memory', 'memory'],
      ['cpu,cpuacct', 'cpu,cpuacct'],
      ['cpu,cpuacct', 'cpu'],
      ['cpu,cpuacct', 'cpuacct'],
    ];
    for (const [controllers, mount] of mounts) {
      it(`is found below ${mount} for the controllers '${controllers}'`, () => {
        const directory = host.folder(`cgroup/${mount}/docker/${ID}`);
        assert.equal(livenessPathOf(`1:${controllers}:/docker/${ID}`), directory);
      });
    }

    it('is found in any hierarchy that has the container', () => {
      const directory = host.folder(`cgroup/pids/docker/${ID}`);
      assert.equal(livenessPathOf(`3:freezer:/docker/${ID}\n2:cpu:/\n1:pids:/docker/${ID}\n0::/`), directory);
    });

    for (const hierarchy of ['memory', 'freezer'])
      it(`is where the cgroup must have been, if it is gone and ${hierarchy} would show it`, () => {
        host.folder('cgroup/memory/release_agent');
        const text = `3:freezer:/docker/${ID}\n2:${hierarchy}:/docker/${ID}\n1:memory:/docker/${ID}/child`;
        assert.equal(livenessPathOf(text), host.path(`cgroup/memory/docker/${ID}`));
      });

    it('is unknown for a cgroup that is gone, if only part of the hierarchy is mounted', () => {
      for (const file of ['cgroup.procs', 'cgroup.events']) host.folder(`cgroup/unified/${file}`);
      assert.equal(livenessPathOf(`0::/docker/${ID}/child`), undefined);
    });

    it('is unknown for a cgroup in another namespace', () => {
      host.folder(`cgroup/${ID}`);
      host.folder(ID);
      assert.equal(livenessPathOf(`0::/../${ID}`), undefined);
    });
  });

  describe('of plain runc', () => {
    function run(name: string, cgroupPath: string): string {
      const paths = {
        '': `${host.files.cgroups}${cgroupPath}`,
        cpu: `${host.files.cgroups}/cpu${cgroupPath}`,
      };
      const labels = ['io.kubernetes.container.name=web', 'bundle=/b'];
      host.write(`runc/${name}/state.json`, { id: name, cgroup_paths: paths, config: { labels } });
      return host.path(`runc/${name}`);
    }

    it("uses the name as id when runc's state lists the cgroup", () => {
      const livenessPath = run('web', '/web');
      const attributes = { 'k8s.container.name': 'web' };
      const expected = { id: 'web', namespace: host.path('runc'), attributes, livenessPath };
      assert.deepEqual(containerOf(snapshot('0::/web\n')), expected);
      assert.deepEqual(containerOf(snapshot('2:cpu:/web\n')), expected);
    });

    it('takes the name from its systemd scope', () => {
      run('web', '/system.slice/runc-web.scope');
      assert.equal(containerOf(snapshot('0::/system.slice/runc-web.scope'))?.id, 'web');
    });

    it('does not accept a cgroup that only has the same name', () => {
      run('web', '/web');
      assert.equal(containerOf(snapshot('0::/system.slice/web')), undefined);
      assert.equal(containerOf(snapshot('0::/other')), undefined);
    });

    it('reads no file again until it is forgotten', () => {
      const first = run('web', '/web') && containerOf(snapshot('0::/web'));
      rmSync(host.path('runc'), { recursive: true });
      assert.equal(containerOf(snapshot('0::/web')), first);
      resolver.forget(first || assert.fail());
      assert.equal(containerOf(snapshot('0::/web')), undefined);
    });
  });

  describe('by mounts', () => {
    const NAMESPACE = 'mnt:[2]';
    const from = (more: Partial<ProcessSnapshot> = {}) =>
      snapshot('0::/', { mountNamespace: NAMESPACE, executable: '/bin/sh', ...more });
    const mounted = (source: string, device = '0:1') =>
      `9 8 ${device} ${source} /etc/hosts rw - ext4 /dev/vda rw\n`;
    /** The engine's own file, in a file system that is mounted at the root. */
    let hosts = '';

    beforeEach(() => {
      hosts = host.write(`docker/${ID}/hosts`, '');
      // Docker's folder is called containers, below one that has its name.
      hosts = host.write(`lib/docker/containers/${ID}/hosts`, '');
      resolver = new ProcessResolver({ ...host.files, dockerContainers: host.path('lib/docker/containers') });
      host.process('self', 'mnt:[1]', '1 0 0:1 / / rw - ext4 /dev/vda rw\n');
    });

    it('is the container whose engine file is mounted, without attributes', () => {
      host.write(`lib/docker/containers/${ID}/config.v2.json`, { Name: '/web' });
      host.process(4242, NAMESPACE, mounted(hosts));
      const expected = { id: ID, namespace: undefined, attributes: {}, livenessPath: undefined };
      assert.deepEqual(containerOf(from()), expected);
    });

    it("is none for a path that only looks like an engine's, or for another file system", () => {
      host.process(4242, NAMESPACE, mounted(`/home/me/docker/containers/${ID}/hosts`));
      assert.equal(containerOf(from()), undefined);
      host.write('proc/4242/mountinfo', mounted(hosts, '0:2'));
      assert.equal(containerOf(from()), undefined);
      rmSync(hosts);
      host.write('proc/4242/mountinfo', mounted(hosts));
      assert.equal(containerOf(from()), undefined);
    });

    it('ignores a process in our own namespace, one that is gone, and one that reuses the pid', () => {
      host.process(4242, 'mnt:[1]', mounted(hosts));
      assert.equal(containerOf(from({ mountNamespace: 'mnt:[1]' })), undefined);
      assert.equal(containerOf(from()), undefined);
      assert.equal(containerOf(from({ pid: 4343 })), undefined);
    });
  });

  it('never throws, whatever the snapshot and the files are', () => {
    const json = fc.oneof(fc.json(), fc.string(), fc.constantFrom('{"cgroup_paths":7,"id":"web"}', '[]'));
    const anything = fc.record({
      pid: fc.nat(),
      uid: fc.nat(),
      cgroup: fc.oneof(
        fc.string(),
        fc.constantFrom('0::/web', `0::/docker/${ID}`, '1:cpu,cpuacct:/web', '0::/..'),
      ),
      executable: fc.option(fc.oneof(fc.string(), fc.constant('/usr/bin/runsc')), { nil: undefined }),
      mountNamespace: fc.option(fc.constantFrom('mnt:[1]', 'mnt:[2]', ''), { nil: undefined }),
      rootPlace: fc.option(fc.string(), { nil: undefined }),
      arguments: fc.option(
        fc.oneof(fc.array(fc.string()), fc.constant(['x', '--root=/r', 'gofer', '--bundle=/b'])),
        { nil: undefined },
      ),
      workingDirectory: fc.option(fc.string(), { nil: undefined }),
    });
    mkdirSync(host.path('cgroup'));
    fc.assert(
      fc.property(anything, json, (from, content) => {
        host.write('runc/web/state.json', content);
        host.write(`runsc/b_sandbox:b.state`, content);
        host.write(`docker/${ID}/config.v2.json`, content);
        host.write(`tasks/moby/${ID}/config.json`, content);
        const { container } = new ProcessResolver(host.files).resolve(from);
        if (container !== undefined) assert.match(container.id, /^[A-Za-z0-9][A-Za-z0-9_.+-]{0,127}$/);
      }),
    );
  });
});
