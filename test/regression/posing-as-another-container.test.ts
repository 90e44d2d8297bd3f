/**
 * A process could pose as any container: with a root of runsc's state that it named itself, with a bundle, with a file
 * mounted from a path that looks like an engine's.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { ProcessResolver } from '../../src/identity/resolve-process.js';
import { FakeHost, snapshot } from '../identity/fake-host.js';
import { useCleanup } from '../support/cleanup.js';

const VICTIM = 'ab'.repeat(32);
const PID = 4242;
const OTHER_UID = 54_321;

describe('A process that says it is in another container', () => {
  const cleanup = useCleanup();
  let host: FakeHost;
  beforeEach(() => {
    host = new FakeHost(cleanup);
    host.process('self', 'mnt:[1]', '1 0 8:1 / / rw - ext4 /dev/sda1 rw\n');
  });

  /** `runsc --root=HIS gofer --bundle …`, in no container's cgroup. */
  const gofer = (root: string, bundle = `/b/${VICTIM}`) =>
    snapshot('0::/user.slice\n', {
      pid: PID,
      executable: '/home/me/runsc',
      arguments: ['runsc-gofer', `--root=${root}`, 'gofer', '--bundle', bundle],
      workingDirectory: '/',
      mountNamespace: 'mnt:[2]',
    });

  const named = (root: string, bundle?: string) =>
    new ProcessResolver(host.files).resolve(gofer(root, bundle)).container?.id;

  const STATE = `his/${VICTIM}_sandbox:${VICTIM}.state`;
  const writeState = () => host.write(STATE, { id: VICTIM, goferPid: PID });

  it('is believed where root and the agent’s user alone can have written so', () => {
    writeState();
    assert.equal(named(host.path('his')), VICTIM);
  });

  const forgeries: [what: string, forge: (state: string) => void, needsRoot?: boolean][] = [
    ['a state that others may write', (state) => chmodSync(state, 0o666)],
    ['a root that others may write to', (state) => chmodSync(dirname(state), 0o777)],
    ['a root in which everybody may put files, sticky', (state) => chmodSync(dirname(state), 0o1777)],
    ['a directory above the root that others may write to', () => chmodSync(host.root, 0o775)],
    ['a state of another user', (state) => chownSync(state, OTHER_UID, OTHER_UID), true],
    ['a root of another user', (state) => chownSync(dirname(state), OTHER_UID, OTHER_UID), true],
    [
      'a link in the place of the state',
      (state) => {
        renameSync(state, `${state}.real`);
        symlinkSync(`${state}.real`, state);
      },
    ],
    [
      'a pipe, for which nobody waits',
      (state) => {
        rmSync(state);
        execFileSync('mkfifo', [state]);
      },
    ],
    [
      'more than a state has',
      () => host.write(STATE, `${JSON.stringify({ id: VICTIM, goferPid: PID })}${' '.repeat(5e6)}`),
    ],
  ];
  for (const [what, forge, needsRoot] of forgeries) {
    const test = needsRoot === true && process.geteuid?.() !== 0 ? it.skip : it;
    test(`is not, with ${what}${needsRoot === true ? ' (needs root)' : ''}`, () => {
      forge(writeState());
      assert.equal(named(host.path('his')), undefined);
      const known = { ...host.files, runscRoots: [host.path('his')] };
      assert.equal(
        new ProcessResolver(known).resolve(gofer('/none')).container,
        undefined,
        'nor at a known place',
      );
    });
  }

  it('is not, with a file system of its own', () => {
    writeState();
    const mounts = `1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:9 / ${host.root} rw - fuse.mine me rw\n`;
    host.write('proc/self/mountinfo', mounts);
    assert.equal(named(host.path('his')), undefined);
  });

  it('is not, with a bundle alone', () => {
    host.write(`his/${VICTIM}/config.json`, { annotations: {} });
    assert.equal(named('/none', host.path(`his/${VICTIM}`)), undefined);
    assert.equal(named('/none', host.path(`his/${VICTIM}/userdata`)), undefined);
  });

  it('is not, with a state of runc that is not root’s, and has no names by files of others', () => {
    host.write('runc/web/state.json', { id: 'web', cgroup_paths: { '': `${host.files.cgroups}/web` } });
    const inWeb = snapshot('0::/web\n', { executable: '/bin/sh' });
    assert.equal(new ProcessResolver(host.files).resolve(inWeb).container?.id, 'web');
    chmodSync(host.path('runc/web'), 0o777);
    assert.equal(new ProcessResolver(host.files).resolve(inWeb).container, undefined);
    host.write(`docker/${VICTIM}/config.v2.json`, { Name: '/victim' });
    chmodSync(host.path(`docker/${VICTIM}`), 0o777);
    const inDocker = snapshot(`0::/docker/${VICTIM}\n`, { executable: '/bin/sh' });
    assert.deepEqual(new ProcessResolver(host.files).resolve(inDocker).container?.attributes, {});
  });

  it('is in an unknown container, not on the host', () => {
    const peer = new ProcessResolver(host.files).resolve(gofer('/none'));
    assert.deepEqual(peer, {
      container: undefined,
      executable: undefined,
      unattributed: 'unknown_container',
    });
  });
});
