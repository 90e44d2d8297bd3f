import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cgroupPaths, containerOfCgroup } from '../../src/identity/cgroup.js';
import { ID, OTHER_ID, POD_UID } from './ids.js';

const POD_SLICE =
  '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-poddde1244b_5bb5_4297_b544_85f3bc0d80bf.slice';
const USER = '/user.slice/user-1000.slice/user@1000.service/user.slice';
const TASK = '8cd79a803caf4d2aa945152e934a5c00';

/** A path, and the path of the container's own cgroup if the process is in a cgroup below it. */
const WITH_ID: (string | [string, string])[] = [
  `/docker/${ID}`,
  `/system.slice/docker-${ID}.scope`,
  `/docker/${ID}.scope`,
  `/kubepods/burstable/podb53dfa9e2dc9b890f7fadb2770857b03/${ID}`,
  `/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/cri-containerd-${ID}.scope`,
  `/docker/${OTHER_ID}/kubelet.slice/kubelet-kubepods.slice/cri-containerd-${ID}.scope`,
  `/kubepods.slice/crio-${ID}.scope`,
  `/kubepods.slice/crio-${ID}`,
  [`/kubepods.slice/crio-${ID}.scope/container`, `/kubepods.slice/crio-${ID}.scope`],
  `/machine.slice/libpod-${ID}.scope`,
  [`/machine.slice/libpod-${ID}.scope/container`, `/machine.slice/libpod-${ID}.scope`],
  `${USER}/libpod-${ID}.scope`,
  [`${USER}/libpod-${ID}.scope/container`, `${USER}/libpod-${ID}.scope`],
  `/libpod_parent/libpod-${ID}`,
  `/system.slice/web.service/libpod-payload-${ID}`,
  `/system.slice/runc-${ID}.scope`,
  `/system.slice/my-runtime-${ID}.scope`,
  `/k8s.io/${ID}`,
  `/../${ID}`,
  `/../../pode039200acb850c82bb901653cc38ff6e/${ID}`,
  `/../cri-containerd-${ID}.scope`,
  `/ecs/name/5a0d5ceddf6c44c1928d367a815d890f/${ID}`,
  [`/system.slice/docker-${ID}.scope/init.scope`, `/system.slice/docker-${ID}.scope`],
  [`/docker/${ID}/child`, `/docker/${ID}`],
  [`/docker/${ID}/var-lib-docker-containers-${OTHER_ID}-mounts-shm.mount`, `/docker/${ID}`],
  [`/docker/${ID}/machine.slice/libpod-conmon-${OTHER_ID}.scope`, `/docker/${ID}`],
];

const IN_POD: [string, string][] = [
  [
    `/kubepods/burstable/podfd52ef25-a87d-11e9-9423-0800271a638e/${ID}`,
    'fd52ef25-a87d-11e9-9423-0800271a638e',
  ],
  [`/kubepods/poda38c12e8-255a-11e9-8cd9-0007cb0b2cc8/${ID}`, 'a38c12e8-255a-11e9-8cd9-0007cb0b2cc8'],
  [`${POD_SLICE}/cri-containerd-${ID}.scope`, POD_UID],
  [`${POD_SLICE}/cri-containerd-${ID}`, POD_UID],
  [`${POD_SLICE}/crio-${ID}.scope/container`, POD_UID],
  [
    `/system.slice/containerd.service/kubepods-pod87a18a64_b74a_454a_b10b_a4a36059d0a3.slice:cri-containerd:${ID}`,
    '87a18a64-b74a-454a-b10b-a4a36059d0a3',
  ],
  [
    `/system.slice/docker-${OTHER_ID}.scope/kubepods/burstable/podc55b1f6e-a87d-11e9-9423-0800271a638e/${ID}`,
    'c55b1f6e-a87d-11e9-9423-0800271a638e',
  ],
];

const WITHOUT_ID = [
  '/',
  '',
  '/init.scope',
  '/user.slice/user-0.slice/session-31207.scope',
  '/system.slice/nginx.service',
  '/system.slice/cafe',
  '/kubepods.slice/kubepods-podabc.slice',
  POD_SLICE,
  '/name',
  `/kubepods.slice/crio-conmon-${ID}.scope`,
  `/machine.slice/libpod-conmon-${ID}.scope`,
  `/system.slice/var-lib-docker-overlay2-${ID}-rootfs.mount`,
  `/system.slice/var-lib-docker-containers-${ID}-mounts-shm.mount`,
  `/docker/${ID.slice(1)}`,
  `/docker/${ID}0`,
  `/docker/0${ID}`,
  `/system.slice/docker-${ID.slice(1)}.scope`,
  `/system.slice/docker-${ID}0.scope`,
  `/docker/${ID.slice(1)}g`,
  `/docker/${ID.toUpperCase()}`,
  `/docker/${ID}.slice`,
  `/system.slice/docker${ID}.scope`,
  `/process_api/${TASK}`,
  `/ecs/${TASK.replace('8', '9')}/${TASK}-1053176469`,
  `/ecs/${TASK}/${TASK}-`,
];

describe('containerOfCgroup', () => {
  for (const row of WITH_ID) {
    const [path, own] = typeof row === 'string' ? [row, row] : row;
    it(`finds the id in ${path}`, () => {
      const expected = { id: ID, podUid: undefined, controllers: '', path: own };
      assert.deepEqual(containerOfCgroup(`0::${path}\n`), expected);
    });
  }

  for (const [path, podUid] of IN_POD) {
    it(`finds the id and the uid of the pod in ${path}`, () => {
      const container = containerOfCgroup(`0::${path}\n`);
      assert.equal(container?.id, ID);
      assert.equal(container.podUid, podUid);
    });
  }

  for (const path of WITHOUT_ID) {
    it(`finds none in ${path === '' ? 'an empty path' : path}`, () => {
      assert.equal(containerOfCgroup(`0::${path}\n`), undefined);
      assert.equal(containerOfCgroup(`1:name=systemd:${path}\n`), undefined);
    });
  }

  it("finds Fargate's task id and number", () => {
    const path = `/ecs/${TASK}/${TASK}-1053176469`;
    assert.equal(containerOfCgroup(`11:cpuset:${path}`)?.id, `${TASK}-1053176469`);
  });

  it('finds the id in a line of version 1', () => {
    const container = containerOfCgroup(`1:name=systemd:/docker/${ID}\n`);
    assert.deepEqual(container, {
      id: ID,
      podUid: undefined,
      controllers: 'name=systemd',
      path: `/docker/${ID}`,
    });
  });

  it('uses the line with an id if only some controllers have one', () => {
    const text = `9:name=systemd:/\n8:pids:\n4:memory:/user.slice\n2:cpu,cpuacct:/docker/${ID}\n0::/\n`;
    const container = containerOfCgroup(text);
    assert.equal(container?.id, ID);
    assert.equal(container.controllers, 'cpu,cpuacct');
  });

  it('uses the line of version 1 in a hybrid hierarchy', () => {
    const text = `5:devices:/docker/${ID}\n0::/system.slice/containerd.service\n`;
    assert.equal(containerOfCgroup(text)?.id, ID);
  });

  it('finds the innermost container if only some controllers know it', () => {
    const text = `3:pids:/docker/${OTHER_ID}\n2:cpu:/docker/${OTHER_ID}/docker/${ID}\n0::/docker/${OTHER_ID}\n`;
    assert.equal(containerOfCgroup(text)?.id, ID);
  });

  it('finds the id of a removed cgroup', () => {
    const container = containerOfCgroup(`0::/system.slice/docker-${ID}.scope (deleted)\n`);
    assert.equal(container?.id, ID);
    assert.equal(container.path, `/system.slice/docker-${ID}.scope`);
  });

  it('finds none in an empty file', () => assert.equal(containerOfCgroup(''), undefined));

  it('never throws, and invents no id', () => {
    const words = [
      '0::',
      '1:name=systemd:',
      '/',
      '\n',
      ':',
      ID,
      OTHER_ID.slice(0, 32),
      TASK,
      '-',
      '.scope',
      'pod',
      '12',
      ' (deleted)',
      '..',
      '_',
    ];
    const piece = fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 5 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        const container = containerOfCgroup(text);
        if (container === undefined) return;
        assert.ok(text.includes(container.id));
        assert.ok(text.includes(`:${container.controllers}:${container.path}`));
        assert.match(container.id, /^[0-9a-f]{64}$|^[0-9a-f]{32}-[0-9]+$/);
      }),
    );
  });

  it('is not slowed down by a crafted path', () => {
    const pieces = ['/', `/${ID}`, '/pod', 'pod-', '-pod', 'a', `${TASK}-1/`, ':', '0::\n', 'dde1244b_5bb5_'];
    const startMs = performance.now();
    for (const piece of pieces) containerOfCgroup(`0::/${piece.repeat(200_000 / piece.length)}/${ID}`);
    assert.ok(performance.now() - startMs < 5000);
  });
});

describe('cgroupPaths', () => {
  it('splits lines only at their first two colons, and skips malformed lines', () => {
    assert.deepEqual(cgroupPaths('2:cpu,cpuacct:/a:b:c\n\nnothing\nno:line\n0::/x (deleted)\n'), [
      { controllers: 'cpu,cpuacct', path: '/a:b:c' },
      { controllers: '', path: '/x' },
    ]);
  });
});
