import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import type { ProcessSnapshot } from '../../src/identity/process-snapshot.js';
import { ProcessResolver } from '../../src/identity/resolve-process.js';
import { useCleanup } from '../support/cleanup.js';
import { FakeHost, snapshot } from './fake-host.js';
import { ID, OTHER_ID, POD_UID } from './ids.js';

describe('ProcessResolver of gVisor', () => {
  const cleanup = useCleanup();
  let host: FakeHost;
  let resolver: ProcessResolver;

  beforeEach(() => {
    host = new FakeHost(cleanup);
    resolver = new ProcessResolver(host.files);
  });

  const containerOf = (from: ProcessSnapshot) => resolver.resolve(from).container;

  const gofer = (cgroup: string, bundle: string, more: { root?: string; id?: string; pid?: number } = {}) =>
    snapshot(cgroup, {
      pid: more.pid ?? 4242,
      executable: '/usr/bin/runsc',
      arguments: [
        'runsc-gofer',
        `--root=${more.root ?? '/r'}`,
        'gofer',
        '--bundle',
        bundle,
        ...(more.id ? [more.id] : []),
      ],
      workingDirectory: '/',
    });

  function state(path: string, id: string, goferPid: number): string {
    const annotations = { 'io.kubernetes.cri.container-name': `name-of-${id.slice(0, 4)}` };
    return host.write(`${path}/${id}_sandbox:${OTHER_ID}.state`, { id, goferPid, spec: { annotations } });
  }

  it("trusts state in a configured directory more than the sandbox's cgroup", () => {
    const livenessPath = state('containerd/runsc/k8s.io', ID, 4242);
    const expected = {
      id: ID,
      namespace: 'k8s.io',
      attributes: { 'k8s.container.name': 'name-of-0123' },
      livenessPath,
    };
    for (const cgroup of [`0::/kubepods/pod${POD_UID}`, `0::/kubepods/pod${POD_UID}/${OTHER_ID}`]) {
      assert.deepEqual(containerOf(gofer(cgroup, `/tasks/k8s.io/${ID}`)), expected);
    }
  });

  it('finds the state by the id that newer builds append', () => {
    state('runsc', ID, 4242);
    assert.equal(containerOf(gofer(`0::/docker/${OTHER_ID}`, '/b', { id: ID }))?.id, ID);
  });

  it("finds the state whatever the bundle's name, if the process is in no container", () => {
    state('runsc', 'other', 1);
    state('runsc', 'web', 4242);
    assert.equal(containerOf(gofer('0::/', '/b'))?.id, 'web');
  });

  it("does not trust another gofer's state", () => {
    state('runsc', ID, 1);
    assert.equal(containerOf(gofer(`0::/docker/${OTHER_ID}`, `/b/${ID}`))?.id, OTHER_ID);
  });

  it('trusts a root from the command line only if the cgroup names no container', () => {
    const livenessPath = state('elsewhere', 'web', 4242);
    const root = host.path('elsewhere');
    const container = containerOf(gofer('0::/', '/b', { root }));
    assert.equal(container?.id, 'web');
    assert.equal(container.livenessPath, livenessPath);
    assert.equal(containerOf(gofer(`0::/docker/${OTHER_ID}`, '/b', { root }))?.id, OTHER_ID);
  });

  it('does not trust a bundle without state, whatever it contains', () => {
    host.write('b/web/config.json', { annotations: { 'io.kubernetes.pod.name': 'web-0' } });
    assert.equal(containerOf(gofer('0::/', host.path('b/web'))), undefined);
    assert.equal(containerOf(gofer(`0::/docker/${OTHER_ID}`, host.path('b/web')))?.id, OTHER_ID);
    const paths = { '': `${host.files.cgroups}/db` };
    host.write('runc/db/state.json', { id: 'db', cgroup_paths: paths });
    assert.equal(containerOf(gofer('0::/db', host.path('b/web')))?.id, 'db');
  });

  it('reads only the state that the command line points to, if the process is in a container', () => {
    state('runsc', 'web', 4242);
    assert.equal(containerOf(gofer(`0::/docker/${OTHER_ID}`, '/b'))?.id, OTHER_ID);
    assert.equal(containerOf(gofer(`0::/docker/${OTHER_ID}`, '/b/web'))?.id, 'web');
  });

  it('reads no file again until it is forgotten', () => {
    const stateFile = state('runsc', ID, 4242);
    const first = containerOf(gofer('0::/', `/b/${ID}`));
    rmSync(stateFile);
    assert.equal(containerOf(gofer('0::/', `/b/${ID}`)), first);
    resolver.forget(first ?? assert.fail());
    assert.equal(containerOf(gofer('0::/', `/b/${ID}`)), undefined);
  });

  it('limits what it remembers of one container', () => {
    for (let pid = 1; pid <= 20; pid++) {
      const stateFile = state('runsc', ID, pid);
      assert.equal(containerOf(gofer('0::/', `/b/${ID}`, { pid }))?.id, ID);
      rmSync(stateFile);
    }
    assert.equal(containerOf(gofer('0::/', `/b/${ID}`, { pid: 20 }))?.id, ID);
    assert.equal(containerOf(gofer('0::/', `/b/${ID}`, { pid: 1 })), undefined);
  });
});
