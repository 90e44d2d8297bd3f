import assert from 'node:assert/strict';
import { isContainerId } from '../../../src/identity/container-id.js';
import { goferOf } from '../../../src/identity/gofer.js';
import { bundlesOfMaker } from '../../../src/identity/maker.js';
import { engineFiles, placeOfPath, programFileSystems, rootPlace } from '../../../src/identity/mountinfo.js';
import { ProcessResolver } from '../../../src/identity/resolve-process.js';
import { FakeHost, snapshot } from '../../identity/fake-host.js';
import { ID, OTHER_ID, POD_UID } from '../../identity/ids.js';
import type { Cleanup } from '../../support/cleanup.js';
import { inTime } from '../in-time.js';
import type { TextTarget } from '../text-target.js';

const PID = 4242;

/** A text is some files of /proc/PID, each after a line of its own with its name. */
const FILE = /^=== (\w+)\n/m;

function textOf(files: Readonly<Record<string, string>>): string {
  return Object.entries(files)
    .map(([name, content]) => `\n=== ${name}\n${content}`)
    .join('');
}

const STATUS = 'Name:\tsh\nUmask:\t0022\nState:\tS\nTgid:\t4242\nPid:\t4242\nPPid:\t1\nUid:\t0\t0\t0\t0\n';
const MOUNTINFO = [
  '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
  `23 22 8:1 /var/lib/docker/containers/${ID}/hostname /etc/hostname rw - ext4 /dev/sda1 rw`,
  '24 22 0:40 / /mnt/a\\040b rw - fuse.sshfs x rw',
].join('\n');

const SAMPLES = [
  textOf({
    cgroup: `0::/system.slice/docker-${ID}.scope\n`,
    mountinfo: MOUNTINFO,
    status: STATUS,
    cmdline: `containerd-shim\0-namespace\0moby\0-id\0${ID}\0-address\0/run/containerd/containerd.sock\0`,
  }),
  textOf({
    cgroup: `12:cpu,cpuacct:/docker/${OTHER_ID}/docker/${ID}\n1:name=systemd:/kubepods/burstable/pod${POD_UID}/${ID}\n`,
    mountinfo: MOUNTINFO,
    status: STATUS,
    cmdline: `runsc-gofer\0--root=/run/runsc\0gofer\0--bundle\0/b\0${ID}\0`,
  }),
  textOf({
    cgroup: '0::/../x (deleted)\n',
    mountinfo: MOUNTINFO,
    status: STATUS,
    cmdline: `/usr/bin/conmon\0-b\0/var/lib/containers/storage/overlay-containers/${ID}/userdata\0-c\0${ID}\0`,
  }),
];

/** Files of /proc, which a process in a container writes a part of: its names, arguments and mounts. */
export function processes(cleanup: Cleanup): TextTarget {
  const host = new FakeHost(cleanup);
  host.process('self', 'mnt:[1]', MOUNTINFO);
  host.process(1, 'mnt:[1]', MOUNTINFO);
  host.process(PID, 'mnt:[2]');
  return {
    samples: SAMPLES,
    fragments: [
      ...[
        '\n=== cgroup\n',
        '\n=== mountinfo\n',
        '\n=== status\n',
        '\n=== cmdline\n',
        '\n',
        '\0',
        ':',
        '/',
        '/..',
        ' ',
      ],
      ...[
        ID,
        OTHER_ID,
        'PPid:\t',
        '-1',
        '99999999999',
        '\\040',
        '\\777',
        '.scope',
        'pod',
        `cri-containerd-${ID}`,
        '../',
      ],
      ...['--', '--bundle=', '-id\0', 'gofer\0', ' - fuse ', ' (deleted)', '\ud800', '%', '{id}', '*'],
    ],
    check: (text) => inTime(text.length, () => check(text, host)),
  };
}

function check(text: string, host: FakeHost): void {
  const [, ...parts] = text.split(FILE);
  const files = new Map<string, string>();
  for (let i = 0; i + 1 < parts.length; i += 2) files.set(parts[i], parts[i + 1]);
  const of = (name: string) => files.get(name) ?? '';
  for (const name of ['status', 'cmdline', 'cgroup', 'mountinfo'])
    host.write(`proc/${PID}/${name}`, of(name));
  const args = of('cmdline').split('\0');
  checkMounts(of('mountinfo'));
  const gofer = goferOf(args, '/work');
  if (gofer !== undefined) assert.ok(gofer.bundle.startsWith('/') && !gofer.bundle.includes('\0'));
  for (const bundle of bundlesOfMaker(host.path('proc'), PID, ID)) assert.ok(bundle.startsWith('/'), bundle);
  const { container } = new ProcessResolver(host.files).resolve(
    snapshot(of('cgroup'), {
      pid: PID,
      executable: '/usr/bin/runsc',
      mountNamespace: 'mnt:[2]',
      rootPlace: rootPlace(of('mountinfo')),
      arguments: args,
      workingDirectory: '/work',
    }),
  );
  if (container === undefined) return;
  assert.ok(isContainerId(container.id), container.id);
  const { livenessPath } = container;
  // What is watched lies where the host keeps cgroups or state, and nowhere else.
  if (livenessPath !== undefined) assert.ok(livenessPath.startsWith(`${host.root}/`), livenessPath);
}

function checkMounts(text: string): void {
  for (const { id } of engineFiles(text)) assert.ok(isContainerId(id));
  for (const path of programFileSystems(text)) assert.equal(typeof path, 'string');
  placeOfPath('/etc/hostname', text);
}
