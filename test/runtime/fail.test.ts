import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportDirectory, type UnmonitoredReason } from '../../src/api/containers/unmonitored.js';
import { useCleanup } from '../support/cleanup.js';
import { Agent, KEY } from './support/control-socket.js';
import {
  Bundle,
  createContainer,
  ECHO,
  echoed,
  fakeRuntime,
  NODE,
  runWrapper,
  SOCKET_MOUNT,
  specification,
  WRAPPER,
} from './support/wrapper.js';

const PATH = '/tmp/upstream.sock';

describe('A container that cannot be monitored', () => {
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

  /** What has been left for the agent, without its words. */
  const reports = () => {
    const folder = reportDirectory(control);
    const files = existsSync(folder) ? readdirSync(folder) : [];
    return files.map((name) => {
      const { reason, container } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      return { reason, container };
    });
  };

  const failures: [
    what: string,
    prepare: () => Promise<{ bundle: Bundle; flags?: string[] }>,
    said: RegExp,
    reason: UnmonitoredReason,
  ][] = [
    [
      'because there is no agent',
      async () => ({ bundle: new Bundle(cleanup) }),
      /cannot ask the agent at .*control\.sock: there is no such socket/,
      'agent_unavailable',
    ],
    [
      'because the agent hangs',
      async () => {
        (await Agent.start(cleanup, control)).answer = () => {};
        const config = join(directory, 'runtime.yaml');
        writeFileSync(config, 'deadline: 100ms\n');
        return { bundle: new Bundle(cleanup), flags: [`--udscope-config=${config}`] };
      },
      /it has not answered within 100 ms/,
      'agent_timeout',
    ],
    [
      'because something else answers',
      async () => {
        (await Agent.start(cleanup, control)).answer = (_, response) => response.end('hello');
        return { bundle: new Bundle(cleanup) };
      },
      /is not an agent of udscope/,
      'agent_unavailable',
    ],
    [
      'because the agent says nothing of the path',
      async () => {
        const agent = await Agent.start(cleanup, control);
        agent.answer = (_, response) => response.end('{"id":"c1","sockets":[],"refused":[]}');
        return { bundle: new Bundle(cleanup) };
      },
      /\/tmp\/upstream\.sock has got no relay socket from the agent/,
      'agent_refused',
    ],
    [
      'because the agent refuses the path',
      async () => {
        const agent = await Agent.start(cleanup, control);
        const refused = [{ path: PATH, reason: 'is no socket on the host' }];
        agent.answer = (_, response) => response.end(JSON.stringify({ id: 'c1', sockets: [], refused }));
        return { bundle: new Bundle(cleanup) };
      },
      /\/tmp\/upstream\.sock is no socket on the host/,
      'agent_refused',
    ],
    [
      'because the relay socket has no usable path',
      async () => {
        const agent = await Agent.start(cleanup, control);
        const sockets = [{ path: PATH, upstream: '/u', listen: 'relative.sock' }];
        agent.answer = (_, response) => response.end(JSON.stringify({ id: 'c1', sockets, refused: [] }));
        return { bundle: new Bundle(cleanup) };
      },
      /\/tmp\/upstream\.sock has got no relay socket/,
      'agent_refused',
    ],
    [
      'because it does not mount the path',
      async () => {
        await Agent.start(cleanup, control);
        return { bundle: new Bundle(cleanup, specification({ [KEY]: PATH }, [])) };
      },
      /\/tmp\/upstream\.sock is not mounted in the container; mount the socket/,
      'annotation',
    ],
    [
      'because our configuration is wrong',
      async () => {
        await Agent.start(cleanup, control);
        const config = join(directory, 'runtime.yaml');
        writeFileSync(config, 'deadlin: 1s\n');
        return { bundle: new Bundle(cleanup), flags: [`--udscope-config=${config}`] };
      },
      /runtime\.yaml:1: "deadlin" is an unknown key; accepted here: agent_uid, annotation, control/,
      'configuration',
    ],
    [
      'because its specification is garbage',
      async () => ({ bundle: new Bundle(cleanup, `{"annotations": ${KEY}}`) }),
      /config\.json is not JSON \(line 1, column 17\)/,
      'specification',
    ],
  ];

  for (const [what, prepare, said, reason] of failures) {
    it(`${what}: starts untouched and with a warning when open`, async () => {
      const { bundle, flags } = await prepare();
      const { text } = bundle;
      const ran = await create(bundle, flags);
      assert.equal(ran.code, 0);
      assert.match(ran.stdout, /\[create\]/);
      assert.match(ran.stderr, /^udscope-runtime: warning: container "c1" is started, but not monitored: /);
      assert.match(ran.stderr, said);
      assert.equal(bundle.text, text);
      assert.deepEqual(reports(), [{ reason, container: 'c1' }]);
    });

    it(`${what}: does not start, untouched, when closed`, async () => {
      const { bundle, flags = [] } = await prepare();
      const { text } = bundle;
      const ran = await create(bundle, [...flags, '--udscope-fail=closed']);
      assert.equal(ran.code, 1);
      assert.equal(ran.stdout, '');
      assert.match(
        ran.stderr,
        /^udscope-runtime: error: container "c1" is not started, as it would not be monitored: /,
      );
      assert.match(ran.stderr, said);
      assert.equal(bundle.text, text);
      assert.deepEqual(reports(), []);
    });
  }

  it('because the file cannot be written to the end: finds it as it was', async () => {
    await Agent.start(cleanup, control);
    const text = specification({ [KEY]: PATH }, [SOCKET_MOUNT]);
    // Full to within a few bytes of what ulimit lets a file have, in units of 512.
    const bundle = new Bundle(cleanup, text.padEnd(1020, '\n'));
    assert.equal(bundle.text.length, 1020);
    const line = [
      `--udscope-runtime=${runtime}`,
      `--udscope-control=${control}`,
      '--root=/r',
      'run',
      '-b',
      bundle.path,
      'c1',
    ];
    const limited = ['-c', 'trap "" XFSZ; ulimit -f 2; exec "$0" "$@"', WRAPPER, NODE, ...line];
    const ran = await runWrapper(limited, { program: '/bin/sh' });
    assert.deepEqual([ran.code, ran.stdout], [0, echoed(line.slice(2))]);
    assert.match(ran.stderr, /warning: container "c1" .* cannot write .*config\.json: EFBIG/);
    assert.equal(bundle.text, text.padEnd(1020, '\n'));
  });

  it('at one of its sockets: is monitored at the others when open, and does not start when closed', async () => {
    const agent = await Agent.start(cleanup, control);
    const text = specification({ [KEY]: `/none,${PATH}` }, [SOCKET_MOUNT]);
    const open = new Bundle(cleanup, text);
    const ran = await create(open);
    assert.equal(ran.code, 0);
    assert.match(ran.stderr, /not monitored: \/none is not mounted/);
    assert.deepEqual(reports(), [{ reason: 'annotation', container: 'c1' }]);
    assert.equal(JSON.parse(open.text).mounts[0].source, agent.relayPath('c1', 0));
    const closed = new Bundle(cleanup, text);
    assert.equal((await create(closed, ['--udscope-fail=closed'])).code, 1);
    assert.equal(closed.text, text);
  });

  it('in a mounted directory under gVisor: names the way that works', async () => {
    await Agent.start(cleanup, control);
    runtime = fakeRuntime(directory, ECHO, 'runsc');
    const mount = { ...SOCKET_MOUNT, destination: '/tmp', source: '/run/service' };
    const ran = await create(new Bundle(cleanup, specification({ [KEY]: PATH }, [mount])), [
      '--udscope-fail=closed',
    ]);
    assert.equal(ran.code, 1);
    assert.match(
      ran.stderr,
      /lies in a mounted directory, .* mount the socket itself instead of its directory/,
    );
  });

  it('logs it as the runtime would: a line of JSON, or of text, at the end of the file', async () => {
    const log = join(directory, 'log.json');
    writeFileSync(log, 'before\n');
    const closed = ['--udscope-fail=closed'];
    await create(new Bundle(cleanup), closed, ['--log', log, '--log-format', 'json']);
    await create(new Bundle(cleanup), [], ['--log', log, '--log-format=json']);
    await create(new Bundle(cleanup), closed, [`--log=${log}`]);
    const [before, error, warning, text] = readFileSync(log, 'utf8').split('\n');
    assert.equal(before, 'before');
    for (const [line, level] of [
      [error, 'error'],
      [warning, 'warning'],
    ]) {
      const entry = JSON.parse(line ?? '');
      assert.deepEqual(Object.keys(entry), ['level', 'msg', 'time']);
      assert.equal(entry.level, level);
      assert.match(entry.msg, /^udscope: container "c1" is /);
      assert.match(entry.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    }
    assert.match(
      text ?? '',
      /^time="[^"]+Z" level=error msg="udscope: container \\"c1\\" is not started, .*"$/,
    );
  });

  it('says it on standard error even if nobody can write to the log', async () => {
    const ran = await create(new Bundle(cleanup), [], ['--log', join(directory, 'none', 'log')]);
    assert.equal(ran.code, 0);
    assert.match(ran.stderr, /warning: container "c1"/);
  });
});
