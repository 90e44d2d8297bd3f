import assert from 'node:assert/strict';
import { CommandLineError, parseCommandLine } from '../../src/runtime/command-line.js';

const CWD = '/run/shim';
const ID = '4f3a'.repeat(16);
const TASK = `/run/containerd/io.containerd.runtime.v2.task/moby/${ID}`;

/** Command lines as engines give them, and what they mean. */
const CREATING: [engine: string, line: string, bundle: string, root: string | undefined][] = [
  [
    'dockerd, by containerd-shim-runc-v2',
    `--root /var/run/docker/runtime-runc/moby --log ${TASK}/log.json --log-format json --systemd-cgroup create ` +
      `--bundle ${TASK} --pid-file ${TASK}/init.pid --console-socket /tmp/pty1/pty.sock ${ID}`,
    TASK,
    '/var/run/docker/runtime-runc/moby',
  ],
  [
    'containerd CRI, by containerd-shim-runc-v2',
    `--root /run/containerd/runc/k8s.io --log ${TASK}/log.json --log-format json create --bundle ${TASK} ` +
      `--pid-file ${TASK}/init.pid --no-pivot --no-new-keyring ${ID}`,
    TASK,
    '/run/containerd/runc/k8s.io',
  ],
  [
    'containerd-shim-runsc-v1',
    `--root=/run/containerd/runsc/k8s.io --log=${TASK}/log.json --log-format=json --platform=systrap ` +
      `--host-uds=open create --bundle ${TASK} --pid-file ${TASK}/init.pid --user-log ${TASK}/user.log ${ID}`,
    TASK,
    '/run/containerd/runsc/k8s.io',
  ],
  [
    'podman, by conmon with crun',
    `--root=/run/crun --cgroup-manager systemd create --bundle /b/userdata --pid-file /b/pidfile ${ID}`,
    '/b/userdata',
    '/run/crun',
  ],
  ['podman with runc', `--log-format=json --log /l create --bundle /b --pid-file=/p ${ID}`, '/b', undefined],
  ['CRI-O', `--root=/run/runc --systemd-cgroup create --bundle /b --pid-file /p ${ID}`, '/b', '/run/runc'],
  ['somebody, in a bundle', `run ${ID}`, CWD, undefined],
  ['somebody, with a short flag', `run -d -b b ${ID}`, `${CWD}/b`, undefined],
  ['somebody, with a shorter one', `run -b/b ${ID}`, '/b', undefined],
  ['somebody, as Go writes flags', `-root /r -debug create -bundle /b ${ID}`, '/b', '/r'],
  ['somebody, flags last', `run ${ID} --bundle /b`, '/b', undefined],
  ['somebody, after --', `run --bundle=/b -- ${ID}`, '/b', undefined],
  [
    'a restore',
    `--root r restore --image-path /i --work-path /w --bundle /b --detach ${ID}`,
    '/b',
    `${CWD}/r`,
  ],
  [
    'a value that looks like a subcommand',
    `--root create --log run create --bundle /b ${ID}`,
    '/b',
    `${CWD}/create`,
  ],
  ['an unknown flag without a value', `--new-flag create --bundle /b ${ID}`, '/b', undefined],
  ['an unknown flag with a value', `--new-flag value create --bundle /b ${ID}`, '/b', undefined],
  ['an unknown flag of create', `create --new-flag value --bundle /b ${ID}`, '/b', undefined],
];

const OTHERS = [
  '',
  'features',
  '--version',
  '--root /r state create',
  '--root create state x',
  'start run',
  'exec --process /p create',
  'exec -t c run',
  'kill create 9',
  'delete --force restore',
  'create',
  'create --bundle /b',
  '--log create',
  'spec',
];

describe('The command line of a runtime', () => {
  for (const [engine, line, bundle, root] of CREATING) {
    it(`is understood from ${engine}`, () => {
      const parsed = parseCommandLine(line.split(' '), CWD);
      assert.equal(parsed.creation?.id, ID);
      assert.equal(parsed.creation?.bundle, bundle);
      assert.equal(parsed.root, root);
    });
  }

  for (const line of OTHERS) {
    it(`makes no container as ${JSON.stringify(line)}`, () => {
      assert.equal(parseCommandLine(line === '' ? [] : line.split(' '), CWD).creation, undefined);
    });
  }

  it('says where the runtime logs', () => {
    const { log, logFormat } = parseCommandLine(
      ['--log', 'log.json', '--log-format', 'json', 'state', 'x'],
      CWD,
    );
    assert.deepEqual([log, logFormat], [`${CWD}/log.json`, 'json']);
  });

  it('may name another specification to crun', () => {
    for (const flags of [
      ['--config', 'c.json'],
      ['--config=c.json'],
      ['-f', 'c.json'],
      [`-f${CWD}/c.json`],
    ]) {
      const { creation } = parseCommandLine(['run', ...flags, '-b', '/b', ID], CWD);
      assert.deepEqual(creation, { id: ID, bundle: '/b', specification: `${CWD}/c.json` });
    }
  });

  it('has our own flags first, and only there', () => {
    const own = [
      '--udscope-config=/c',
      '--udscope-runtime=/r',
      '--udscope-control=/s',
      '--udscope-fail=open',
    ];
    const parsed = parseCommandLine([...own, '--root', '/root', 'create', ID], CWD);
    assert.deepEqual(parsed.own, { config: '/c', runtime: '/r', control: '/s', fail: 'open' });
    assert.equal(parsed.creation?.id, ID);
    assert.equal(parsed.root, '/root');
    assert.deepEqual(parseCommandLine(['--root', '/r', own[0]!, 'create', ID], CWD).own, {});
  });

  for (const flag of [
    '--udscope-fial=open',
    '--udscope-fail',
    '--udscope-fail=',
    '--udscope-',
    '--udscope-config',
  ]) {
    it(`refuses ${flag}`, () => {
      assert.throws(() => parseCommandLine([flag, 'state', ID], CWD), CommandLineError);
    });
  }
});
