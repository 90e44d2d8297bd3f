import assert from 'node:assert/strict';
import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REWRITE_RECORD } from '../../src/runtime/rewrite-record.js';
import { useCleanup } from '../support/cleanup.js';
import { Agent, KEY } from './support/control-socket.js';
import {
  Bundle,
  createContainer,
  ECHO,
  fakeRuntime,
  runWrapper,
  SOCKET_MOUNT,
  specification,
} from './support/wrapper.js';

const PATH = '/tmp/upstream.sock';

describe('A container that is about to be made', () => {
  const cleanup = useCleanup();
  let directory = '';
  let control = '';
  let runtime = '';
  beforeEach(() => {
    directory = cleanup.directory();
    control = join(directory, 'control.sock');
    runtime = fakeRuntime(directory, ECHO);
  });

  const create = (bundle: Bundle, flags: string[] = [], global: string[] = []) =>
    createContainer({ runtime, control }, bundle, flags, global);

  it('gets its mount of an annotated socket pointed at a relay socket, in place', async () => {
    const agent = await Agent.start(cleanup, control);
    const bundle = new Bundle(cleanup);
    chmodSync(bundle.config, 0o600);
    const before = statSync(bundle.config);
    const original = bundle.text;
    const ran = await create(bundle);
    assert.deepEqual([ran.code, ran.stderr], [0, '']);
    const { mounts, annotations } = JSON.parse(bundle.text);
    assert.deepEqual(mounts, [
      { ...SOCKET_MOUNT, source: agent.relayPath('c1', 0), options: ['rbind', 'rprivate', 'ro'] },
    ]);
    assert.equal(annotations[KEY], PATH);
    assert.match(bundle.text, /18446744073709551615,"soft":1\.0e3 }/);
    const after = statSync(bundle.config);
    assert.deepEqual([after.ino, after.mode], [before.ino, before.mode]);
    assert.deepEqual(agent.asked, [
      {
        method: 'PUT',
        url: '/v1/containers/c1?namespace=%2Fr',
        body: {
          sockets: [{ path: PATH, upstream: SOCKET_MOUNT.source, within: SOCKET_MOUNT.source }],
          annotations: {},
          mounts: JSON.parse(original).mounts,
          bundle: bundle.path,
          marker: '/r/c1',
        },
      },
    ]);
  });

  it('is found however its annotation is written', async () => {
    const agent = await Agent.start(cleanup, control);
    const text = specification({ [KEY]: PATH }, [SOCKET_MOUNT]).replace(KEY, `\\u0064${KEY.slice(1)}`);
    const bundle = new Bundle(cleanup, text);
    await create(bundle);
    assert.equal(JSON.parse(bundle.text).mounts[0].source, agent.relayPath('c1', 0));
  });

  it('is rewritten once only: the second time all is asked and found the same', async () => {
    const agent = await Agent.start(cleanup, control);
    const bundle = new Bundle(cleanup);
    await create(bundle);
    const once = bundle.text;
    const ran = await create(bundle);
    assert.deepEqual([ran.code, ran.stderr, bundle.text], [0, '', once]);
    const [first, second] = agent.asked.map(({ url, body: { mounts, ...rest } }) => {
      return { url, ...rest, sources: mounts.map(({ source }) => source) };
    });
    assert.deepEqual(second, first);
  });

  it('tells the agent of no empty source', async () => {
    const agent = await Agent.start(cleanup, control);
    const empty = { destination: '/t', type: 'tmpfs', source: '', options: [] };
    await create(new Bundle(cleanup, specification({ [KEY]: PATH }, [empty, SOCKET_MOUNT])));
    assert.deepEqual(agent.asked[0]?.body.mounts, [
      { destination: '/t', type: 'tmpfs', options: [] },
      SOCKET_MOUNT,
    ]);
  });

  it('tells the agent what names it and which sockets it wants, and none of its other annotations', async () => {
    const agent = await Agent.start(cleanup, control);
    const annotations = {
      [`${KEY}.app`]: PATH,
      'io.kubernetes.cri.container-type': 'container',
      'io.kubernetes.cri.container-name': 'app',
      'secret.example': 'x',
      [`${KEY}s`]: 'x',
    };
    await create(new Bundle(cleanup, specification(annotations, [SOCKET_MOUNT])));
    assert.deepEqual(
      agent.asked[0]?.body.sockets.map(({ path }) => path),
      [PATH],
    );
    assert.deepEqual(agent.asked[0]?.body.annotations, {
      'io.kubernetes.cri.container-type': 'container',
      'io.kubernetes.cri.container-name': 'app',
    });
  });

  const alone: [what: string, annotations: Record<string, string>][] = [
    ['has no annotation', { other: PATH }],
    ['has an annotation for another container', { [`${KEY}.other`]: PATH }],
    ['is the sandbox of a pod', { [KEY]: PATH, 'io.kubernetes.cri.container-type': 'sandbox' }],
    ['is the sandbox of a pod of CRI-O', { [KEY]: PATH, 'io.kubernetes.cri-o.ContainerType': 'sandbox' }],
    ['has an empty annotation', { [KEY]: ' ' }],
    ['has our mark alone', { [REWRITE_RECORD]: '{"sockets":[]}' }],
  ];
  for (const [what, annotations] of alone) {
    it(`is left alone when it ${what}, even closed and without an agent`, async () => {
      // With an escape, so that it is Node that decides.
      const text = specification({ ...annotations, odd: '\u0001' }, [SOCKET_MOUNT]);
      const bundle = new Bundle(cleanup, text);
      const { mtimeMs } = statSync(bundle.config);
      const config = join(directory, 'runtime.yaml');
      writeFileSync(config, `unknown: key\n`);
      const ran = await create(bundle, ['--udscope-fail=closed', `--udscope-config=${config}`]);
      assert.deepEqual([ran.code, ran.stderr], [0, '']);
      assert.equal(statSync(bundle.config).mtimeMs, mtimeMs);
    });
  }

  it('is rewritten when it is run or restored, too', async () => {
    await Agent.start(cleanup, control);
    for (const subcommand of ['run', 'restore']) {
      const bundle = new Bundle(cleanup);
      const own = [`--udscope-runtime=${runtime}`, `--udscope-control=${control}`];
      await runWrapper([...own, '--root=/r', subcommand, '-b', bundle.path, 'c1']);
      assert.match(bundle.text, /\/containers\/c1\/0\.sock/);
    }
  });

  it('may have another annotation, by the configuration', async () => {
    const agent = await Agent.start(cleanup, control);
    const config = join(directory, 'runtime.yaml');
    writeFileSync(config, 'annotation: example.com/sockets\n');
    const bundle = new Bundle(cleanup, specification({ 'example.com/sockets': PATH }, [SOCKET_MOUNT]));
    await create(bundle, [`--udscope-config=${config}`]);
    assert.equal(agent.asked[0]?.body.sockets[0]?.path, PATH);
    assert.deepEqual(agent.asked[0]?.body.annotations, {});
  });
});
