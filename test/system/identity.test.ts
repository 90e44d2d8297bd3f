import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { LifeWatch } from '../../src/identity/life-watch.js';
import type { ProcessSnapshot } from '../../src/identity/process-snapshot.js';
import { ProcessResolver } from '../../src/identity/resolve-process.js';
import type { HostFiles } from '../../src/identity/sources/host-files.js';
import { useCleanup } from '../support/cleanup.js';
import { eventually } from '../support/eventually.js';
import { startProcess, waitFor } from '../support/process.js';
import { findTool, requireTool } from './support/requirements.js';

/** So long that what is noticed was noticed by the kernel. */
const NEVER_MS = 3_600_000;

const ANNOTATIONS = { 'io.kubernetes.cri.container-name': 'sleeper' };

/** Where this machine has a hierarchy that cgroups can be made in. */
const HIERARCHY = ['unified', 'pids', ''].map((name) => join('/sys/fs/cgroup', name)).find(isHierarchy);

function isHierarchy(path: string): boolean {
  return existsSync(join(path, 'cgroup.procs'));
}

/** What a relay thread reads of a process. */
function snapshotOf(pid: number): ProcessSnapshot {
  const folder = join('/proc', String(pid));
  return {
    pid,
    uid: 0,
    cgroup: readFileSync(join(folder, 'cgroup'), 'utf8'),
    executable: readlinkSync(join(folder, 'exe')),
    arguments: argumentsOf(pid),
    workingDirectory: readlinkSync(join(folder, 'cwd')),
  };
}

function argumentsOf(pid: number | string): string[] {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
}

/** The pid of a process by its command line. */
function findProcess(matches: (args: readonly string[]) => boolean): number | undefined {
  const pid = readdirSync('/proc').find((name) => {
    try {
      return /^\d+$/.test(name) && matches(argumentsOf(name));
    } catch {
      return false;
    }
  });
  return pid === undefined ? undefined : Number(pid);
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** Call it in a `describe`: its tests are skipped, with the reason, where `isMet` says no. */
function requires(what: string, isMet: () => boolean): void {
  before(`needs ${what}`, function () {
    if (isMet()) return;
    for (const test of this.test?.parent?.tests ?? []) test.title += ` (skipped: needs ${what})`;
    this.skip();
  });
}

describe('the life of a real cgroup', () => {
  const cleanup = useCleanup();

  requires('root and a cgroup file system', () => isRoot() && HIERARCHY !== undefined);

  it('ends when its directory is removed, and so does that of one in it', async () => {
    const ended: string[] = [];
    const lives = new LifeWatch((path) => ended.push(path), { sweepMs: NEVER_MS });
    cleanup.defer(() => lives.close());
    const outer = join(HIERARCHY!, `udscope-test-${process.pid}`);
    const inner = join(outer, 'inner');
    mkdirSync(inner, { recursive: true });
    for (const livenessPath of [outer, inner]) lives.watch(livenessPath);
    rmdirSync(inner);
    await eventually('the inner one ended', () => ended.includes(inner));
    assert.deepEqual(ended, [inner]);
    rmdirSync(outer);
    await eventually('the outer one ended', () => ended.includes(outer));
    assert.deepEqual(ended, [inner, outer]);
  });
});

describe('the identity of real containers', () => {
  requires('root', isRoot);
  requireTool('runc', 'apt-get install runc');
  requireTool('runsc', 'apt-get install runsc');
  requireTool('busybox', 'apt-get install busybox-static');
  const cleanup = useCleanup();

  function makeBundle(): string {
    const bundle = cleanup.directory();
    for (const folder of ['proc', 'dev']) mkdirSync(join(bundle, 'rootfs', folder), { recursive: true });
    copyFileSync(findTool('busybox')!, join(bundle, 'rootfs', 'busybox'));
    const specification = {
      ociVersion: '1.0.2',
      process: { user: { uid: 0, gid: 0 }, args: ['/busybox', 'sleep', '600'], env: [], cwd: '/' },
      root: { path: 'rootfs', readonly: true },
      mounts: [{ destination: '/proc', type: 'proc', source: 'proc' }],
      annotations: ANNOTATIONS,
      linux: { namespaces: ['pid', 'network', 'ipc', 'uts', 'mount'].map((type) => ({ type })) },
    };
    writeFileSync(join(bundle, 'config.json'), JSON.stringify(specification));
    return bundle;
  }

  /** Runs a container; what removes it again. */
  async function run(
    command: string,
    flags: readonly string[],
    bundle: string,
    id: string,
  ): Promise<() => Promise<void>> {
    const name = findTool(command)!;
    const container = await startProcess({ command: name, args: [...flags, 'run', '--bundle', bundle, id] });
    const remove = async () => {
      const removal = await startProcess({ command: name, args: [...flags, 'delete', '--force', id] });
      await removal.exited;
      await container.stop();
    };
    cleanup.defer(remove);
    return remove;
  }

  function follow(files: Partial<HostFiles>): {
    resolver: ProcessResolver;
    ended: string[];
    lives: LifeWatch;
  } {
    const ended: string[] = [];
    const lives = new LifeWatch((path) => ended.push(path), { sweepMs: NEVER_MS });
    cleanup.defer(() => lives.close());
    return { resolver: new ProcessResolver(files), ended, lives };
  }

  it('is the name that runc was given, until it is deleted', async () => {
    const root = cleanup.directory();
    const id = `udscope-test-${process.pid}`;
    const remove = await run('runc', [`--root=${root}`], makeBundle(), id);
    const statePath = join(root, id, 'state.json');
    const pid = await waitFor('runc to write its state', () => {
      const state = JSON.parse(readFileSync(statePath, 'utf8'));
      return argumentsOf(state.init_process_pid)[0] === '/busybox'
        ? Number(state.init_process_pid)
        : undefined;
    });
    const { resolver, lives, ended } = follow({ runcRoots: [root] });
    const { container, executable } = resolver.resolve(snapshotOf(pid));
    const attributes = { 'k8s.container.name': 'sleeper' };
    assert.deepEqual(container, { id, namespace: root, attributes, livenessPath: join(root, id) });
    assert.equal(executable, undefined);
    lives.watch(join(root, id));
    await remove();
    await eventually('it ended', () => ended.length === 1);
  });

  it('is the id in the cgroup that runc made, until that is removed', async () => {
    const id = '0123456789abcdef'.repeat(4);
    const root = cleanup.directory();
    const remove = await run('runc', [`--root=${root}`], makeBundle(), id);
    const pid = await waitFor('the container to run', () =>
      Number(JSON.parse(readFileSync(join(root, id, 'state.json'), 'utf8')).init_process_pid),
    );
    const { resolver, lives, ended } = follow({ runcRoots: [root] });
    const { container } = resolver.resolve(snapshotOf(pid));
    assert.equal(container?.id, id);
    assert.deepEqual(container.attributes, { 'k8s.container.name': 'sleeper' });
    const livenessPath = container.livenessPath ?? '';
    assert.match(livenessPath, /^\/sys\/fs\/cgroup\//);
    assert.ok(existsSync(livenessPath));
    lives.watch(livenessPath);
    await remove();
    await eventually('it ended', () => ended.length === 1);
  });

  for (const isKnownRoot of [true, false]) {
    it(`is that of a gofer of gVisor, by ${isKnownRoot ? 'its state' : 'its command line'}`, async () => {
      const root = cleanup.directory();
      const bundle = makeBundle();
      const flags = [
        `--root=${root}`,
        '--platform=ptrace',
        '--network=none',
        '--ignore-cgroups',
        '--fsgofer-host-uds',
      ];
      const remove = await run('runsc', flags, bundle, 'web');
      const pid = await waitFor('the gofer to start', () =>
        findProcess((args) => args.includes('gofer') && args.includes(bundle)),
      );
      const livenessPath = join(root, 'web_sandbox:web.state');
      await waitFor('its state to name it', () =>
        readFileSync(livenessPath, 'utf8').includes(`"goferPid":${pid}`),
      );
      const { resolver, lives, ended } = follow({ runscRoots: isKnownRoot ? [root] : [] });
      // runsc writes its state anew in the same file: for a moment there is half of it.
      const container = await waitFor(
        'its state to be read',
        () => resolver.resolve(snapshotOf(pid)).container,
      );
      const attributes = { 'k8s.container.name': 'sleeper' };
      assert.deepEqual(container, { id: 'web', namespace: root, attributes, livenessPath });
      lives.watch(livenessPath);
      await remove();
      await eventually('it ended', () => ended.length === 1);
    });
  }
});
