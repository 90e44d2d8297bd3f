import assert from 'node:assert/strict';
import { chmodSync, symlinkSync } from 'node:fs';
import { geteuid } from 'node:process';
import { ProcessResolver } from '../../src/identity/resolve-process.js';
import { useCleanup } from '../support/cleanup.js';
import { FakeHost, snapshot } from './fake-host.js';
import { ID, OTHER_ID } from './ids.js';

const OWN_UID = geteuid?.() ?? 0;
/** Neither root nor the user that runs the tests. */
const STRANGER_UID = 54_321;

const INIT = 4242;
const MAKER = 4000;

const WEB = { 'container.name': 'web', 'container.image.name': 'nginx:1' };

describe('Names of containers of engines that keep their files elsewhere', () => {
  const cleanup = useCleanup();
  let host: FakeHost;

  beforeEach(() => {
    host = new FakeHost(cleanup);
  });

  const cgroup = `0::/system.slice/docker-${ID}.scope\n`;
  const attributes = (pid = INIT) =>
    new ProcessResolver(host.files).resolve(snapshot(cgroup, { pid })).container?.attributes;

  function process(pid: number, parent: number, inCgroup: string, uid = OWN_UID): void {
    host.write(`proc/${pid}/cgroup`, inCgroup);
    host.write(`proc/${pid}/status`, `Name:\tx\nPPid:\t${parent}\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\n`);
  }

  /** A container whose maker works in `cwd` and has been started with `args`. */
  function made({
    cwd,
    args = ['shim'],
    uid = OWN_UID,
  }: {
    cwd: string;
    args?: string[];
    uid?: number;
  }): void {
    process(INIT, MAKER, cgroup);
    process(MAKER, 1, '0::/system.slice/docker.service\n', uid);
    symlinkSync(cwd, host.path(`proc/${MAKER}/cwd`));
    host.write(`proc/${MAKER}/cmdline`, `${args.join('\0')}\0`);
  }

  const dockerFile = (root: string, of = ID) => {
    host.write(`${root}/containers/${ID}/config.v2.json`, { Name: '/web', Config: { Image: 'nginx:1' } });
    return { destination: '/etc/hosts', source: host.path(`${root}/containers/${of}/hosts`) };
  };

  const shimBundle = (mounts: object[]) =>
    host
      .write(`exec/io.containerd.runtime.v2.task/moby/${ID}/config.json`, { mounts })
      .replace(/\/[^/]+$/, '');

  for (const root of [
    'srv/docker-data',
    'var/snap/docker/common/var-lib-docker',
    'home/me/.local/share/docker',
    'd',
  ]) {
    it(`are Docker's, whose data root is ${root}, by the bundle at its usual place`, () => {
      host.write(`tasks/moby/${ID}/config.json`, { mounts: [dockerFile(root)] });
      assert.deepEqual(attributes(), WEB);
    });
  }

  it("are Docker's, whose bundles are elsewhere, too, by its shim", () => {
    made({ cwd: shimBundle([dockerFile('srv/x')]) });
    assert.deepEqual(attributes(), WEB);
  });

  for (const above of ['exec/containerd/daemon', 'exec/containerd']) {
    it(`are Docker's by the socket of a shim whose own path means nothing here, with bundles in ${above}`, () => {
      const folder = `${above}/io.containerd.runtime.v2.task/moby/${ID}`;
      host.write(`${folder}/config.json`, { mounts: [dockerFile('home/me/.local/share/docker')] });
      const address = host.path('exec/containerd/containerd.sock');
      made({
        cwd: `/elsewhere/moby/${ID}`,
        args: ['shim', '-namespace', 'moby', '-id', ID, '-address', address],
      });
      assert.deepEqual(attributes(), WEB);
    });
  }

  it("are Docker's where the container shares the network and the files of another", () => {
    made({ cwd: shimBundle([dockerFile('srv/x', OTHER_ID)]) });
    assert.deepEqual(attributes(), WEB);
  });

  it('are found from a process far below the first one of its container', () => {
    made({ cwd: shimBundle([dockerFile('srv/x')]) });
    process(5000, 4999, `0::/system.slice/docker-${ID}.scope/below\n`);
    process(4999, INIT, cgroup);
    assert.deepEqual(attributes(5000), WEB);
  });

  it("are Docker's by runc's state", () => {
    const config = { labels: [], mounts: [dockerFile('srv/x')] };
    host.write(`containerd/runc/moby/${ID}/state.json`, { id: ID, config });
    assert.deepEqual(attributes(), WEB);
  });

  for (const [list, driver] of [
    ['containers.json', 'overlay'],
    ['volatile-containers.json', 'vfs'],
  ]) {
    it(`are podman's in its ${list}, by conmon`, () => {
      const folder = `graph/${driver}-containers`;
      const annotations = { 'io.container.manager': 'libpod' };
      host.write(`${folder}/${ID}/userdata/config.json`, { annotations });
      const metadata = JSON.stringify({ 'image-name': 'nginx:1', name: 'former' });
      const other = { id: OTHER_ID, names: ['other'] };
      host.write(`${folder}/${list}`, [7, other, { id: ID, names: ['web'], metadata }]);
      made({ cwd: '/', args: ['conmon', '-c', ID, '-b', host.path(`${folder}/${ID}/userdata`)] });
      assert.deepEqual(attributes(), WEB);
    });
  }

  it('are not those of a storage that podman shares with another engine', () => {
    const bundle = host.write(`graph/overlay-containers/${ID}/userdata/config.json`, {
      annotations: { 'io.container.manager': 'cri-o' },
    });
    host.write('graph/overlay-containers/containers.json', [{ id: ID, names: ['k8s_web'] }]);
    made({ cwd: bundle.replace(/\/[^/]+$/, '') });
    assert.deepEqual(attributes(), {});
  });

  it('are none where a user has made the container, or anybody can write to the files', () => {
    const cwd = shimBundle([dockerFile('srv/x')]);
    made({ cwd, uid: STRANGER_UID });
    assert.deepEqual(attributes(), {});
    process(MAKER, 1, '0::/system.slice/docker.service\n');
    assert.deepEqual(attributes(), WEB);
    chmodSync(host.path('srv/x/containers'), 0o777);
    assert.deepEqual(attributes(), {});
    chmodSync(cwd, 0o777);
    assert.deepEqual(attributes(), {});
  });

  it('are none where the maker is in a container itself, or works elsewhere', () => {
    const cwd = shimBundle([dockerFile('srv/x')]);
    made({ cwd });
    process(MAKER, 1, `0::/docker/${OTHER_ID}\n`);
    assert.deepEqual(attributes(), {});
    process(MAKER, 1, '0::/\n');
    process(INIT, MAKER, `0::/docker/${OTHER_ID}\n`);
    assert.deepEqual(attributes(), {}, 'the pid belongs to another container by now');
  });

  it('are none by a bundle of another container, or mounts that the user has chosen', () => {
    const bundle = host.write(`exec/${OTHER_ID}/config.json`, { mounts: [dockerFile('srv/x')] });
    made({ cwd: bundle.replace(/\/[^/]+$/, ''), args: ['conmon', '-b', bundle, '-b'] });
    assert.deepEqual(attributes(), {});
    const mount = { ...dockerFile('srv/x'), destination: '/data' };
    host.write(`tasks/moby/${ID}/config.json`, { mounts: [mount, 7, { destination: '/etc/hosts' }, null] });
    assert.deepEqual(attributes(), {});
  });
});
