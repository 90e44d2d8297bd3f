import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { reportDirectory } from '../../src/api/containers/unmonitored.js';
import { useCleanup } from '../support/cleanup.js';
import {
  Bundle,
  ECHO,
  echoed,
  fakeRuntime,
  NO_NODE,
  NODE,
  runWrapper,
  SOCKET_MOUNT,
  specification,
  WRAPPER,
} from './support/wrapper.js';

/** A specification that only Node can tell to be without the annotation. */
const ESCAPED = '{ "hostname": "\\u0061" }';

describe('udscope-runtime', () => {
  const cleanup = useCleanup();
  let directory = '';
  let runtime = '';
  beforeEach(() => {
    directory = cleanup.directory();
    runtime = fakeRuntime(directory, ECHO);
  });
  const own = () => `--udscope-runtime=${runtime}`;

  const odd = [
    '',
    ' ',
    'a b',
    "it's",
    '"',
    '\\',
    '\n',
    'x\n',
    '*',
    '$HOME',
    '`id`',
    '--',
    '-',
    'ü',
    '\t',
    '~',
  ];
  for (const line of [
    ['state', ...odd],
    ['--root', 'create', 'delete', ...odd],
    ['--unknown', ...odd],
    [...odd, 'create'],
    ['features'],
    ['--version', ''],
    [],
  ]) {
    it(`hands on every argument of ${JSON.stringify(line.slice(0, 3))} as it is`, async () => {
      const ran = await runWrapper([own(), ...line]);
      assert.deepEqual(ran, { code: 0, stdout: line.length === 0 ? '[]' : echoed(line), stderr: '' });
    });
  }

  it('does so, too, when it makes a container', async () => {
    const bundle = new Bundle(cleanup, ESCAPED);
    const line = ['--root', '/r oot', 'create', '--bundle', bundle.path, '--pid-file', '', 'c*1'];
    assert.deepEqual(await runWrapper([own(), ...line]), { code: 0, stdout: echoed(line), stderr: '' });
  });

  for (const subcommand of ['state', 'run']) {
    it(`leaves everything else of the process to the runtime of ${subcommand}`, async () => {
      const bundle = new Bundle(cleanup, ESCAPED);
      // Descriptor 7, ignored signals, limits, standard input and the environment are what a runtime inherits.
      fakeRuntime(
        directory,
        'echo $$; pwd; ulimit -n; grep SigIgn /proc/$$/status; cat <&7; cat; env; exec ls /proc/self/fd',
      );
      const script = [
        'ulimit -n 111; trap "" USR1; echo seven >seven; exec 7<seven; echo input >input; exec <input',
        'PWD=$(pwd); export PWD; run() { "$@"; }; exec "$0" "$@"',
      ].join('\n');
      const env = {
        PATH: process.env['PATH'],
        ODD: ' a\nb*',
        NODE_OPTIONS: '--no-such-option',
        LISTEN_FDS: '1',
      };
      const args = [subcommand, '--bundle', bundle.path, 'c1'];
      const run = (program: string, first: string[]) =>
        runWrapper(['-c', script, program, ...first, ...args], { program: '/bin/sh', cwd: directory, env });
      const direct = await run(runtime, []);
      const wrapped = await run(WRAPPER, [NODE, own()]);
      const lines = (text: string) => text.split('\n').slice(1).sort();
      assert.equal(direct.code, 0);
      assert.match(direct.stdout, /\n111\n.*seven\ninput\n/s);
      assert.deepEqual(lines(wrapped.stdout), lines(direct.stdout));
      assert.equal(wrapped.stderr, '');
    });
  }

  it('becomes the runtime: the same process, and its exit status', async () => {
    fakeRuntime(directory, 'echo $$ $PPID; exit 42');
    const bundle = new Bundle(cleanup, ESCAPED);
    const script = 'echo $$; exec "$0" "$@"';
    const args = ['-c', script, WRAPPER, NODE, own(), 'run', '-b', bundle.path, 'c1'];
    const { code, stdout } = await runWrapper(args, { program: '/bin/sh' });
    assert.equal(code, 42);
    const [before, after] = stdout.split('\n');
    assert.equal(after, `${before} ${process.pid}`);
  });

  it('is found behind links, as npm makes them', async () => {
    const link = join(directory, 'udscope-runtime');
    symlinkSync(WRAPPER, link);
    const bundle = new Bundle(cleanup, ESCAPED);
    const line = ['run', '--bundle', bundle.path, 'c1'];
    assert.equal((await runWrapper([NODE, own(), ...line], { program: link })).stdout, echoed(line));
  });

  it('needs no Node for what makes no container', async () => {
    assert.equal((await runWrapper([NO_NODE, own(), 'delete', 'c1'])).stdout, '[delete][c1]');
    const config = join(directory, 'runtime.yaml');
    for (const text of [`# x\nfail: closed\nruntime: ${runtime}\n`, `runtime: ${runtime}`]) {
      writeFileSync(config, text);
      const ran = await runWrapper([NO_NODE, `--udscope-config=${config}`, '--log', '/l', 'kill', 'run']);
      assert.equal(ran.stdout, '[--log][/l][kill][run]');
    }
  });

  it('needs no Node for a container without the annotation', async () => {
    const bundle = new Bundle(cleanup, specification({ other: '/x' }, [SOCKET_MOUNT]));
    for (const line of [
      ['create', '--bundle', bundle.path, '--pid-file', '/p', 'c1'],
      ['--root=/r', 'run', '-d', '-b', bundle.path, 'c1'],
      ['-debug', 'restore', `-bundle=${bundle.path}`, 'c1'],
    ]) {
      const ran = await runWrapper([NO_NODE, own(), '--udscope-fail=closed', ...line]);
      assert.deepEqual(ran, { code: 0, stdout: echoed(line), stderr: '' });
    }
    const here = await runWrapper([NO_NODE, own(), 'run', 'c1'], { cwd: bundle.path });
    assert.deepEqual(here, { code: 0, stdout: '[run][c1]', stderr: '' });
  });

  it('asks Node whenever the container may have the annotation', async () => {
    const annotated = new Bundle(cleanup);
    const plain = new Bundle(cleanup, '{}');
    const config = join(directory, 'runtime.yaml');
    const asks = async (bundle: Bundle | string, flags: string[] = [], before: string[] = []) => {
      const path = typeof bundle === 'string' ? bundle : bundle.path;
      const line = ['create', ...before, '--bundle', path, ...flags, 'c1'];
      const { code } = await runWrapper([NO_NODE, own(), '--udscope-fail=closed', ...line]);
      assert.equal(code, 1, line.join(' '));
    };
    await asks(annotated);
    await asks(new Bundle(cleanup, ESCAPED));
    await asks('/none');
    await asks(plain, ['--config', join(annotated.path, 'config.json')]);
    await asks(plain, ['-f', join(annotated.path, 'config.json')]);
    await asks(plain, [], ['-b', annotated.path]);
    await asks(plain, [`-b${annotated.path}`]);
    for (const text of ['annotation: a.b/c\n', '"annotation": hostname\n', 'annotation: hostname\n']) {
      writeFileSync(config, text);
      const bundle = new Bundle(cleanup, '{ "hostname": "x" }');
      const line = [
        own(),
        '--udscope-fail=closed',
        `--udscope-config=${config}`,
        'run',
        '-b',
        bundle.path,
        'c1',
      ];
      assert.equal((await runWrapper([NO_NODE, ...line])).code, 1, text);
    }
    assert.equal(
      (await runWrapper([NO_NODE, own(), '--udscope-fail=closed', '--new', 'create', 'c1'])).code,
      1,
    );
  });

  it('reads the runtime from any YAML with Node', async () => {
    const config = join(directory, 'runtime.yaml');
    for (const text of [
      `{ "runtime": '${runtime}' }`,
      `runtime: "${runtime}" # quoted\n`,
      `runtime:  ${runtime} \r\n`,
    ]) {
      writeFileSync(config, text);
      const ran = await runWrapper([`--udscope-config=${config}`, 'state', 'c1']);
      assert.deepEqual(ran, { code: 0, stdout: '[state][c1]', stderr: '' });
    }
  });

  describe('without Node', () => {
    const run = (...args: string[]) => runWrapper([NO_NODE, ...args]);

    it('starts a container all the same, and warns', async () => {
      const log = join(directory, 'log.json');
      const line = ['--log', log, '--log-format=json', 'create', 'c1'];
      const ran = await run(own(), ...line);
      assert.equal(ran.code, 0);
      assert.equal(ran.stdout, echoed(line));
      assert.match(
        ran.stderr,
        /udscope-runtime: warning: a container is started, but not monitored: \S*node has ended/,
      );
      const { level, msg } = JSON.parse(readFileSync(log, 'utf8'));
      assert.deepEqual([level, msg.startsWith('udscope: a container is started')], ['warning', true]);
    });

    it('leaves the agent a report, where it has a directory for them, and says so where it has none', async () => {
      const control = join(directory, 'control.sock');
      const folder = reportDirectory(control);
      const config = join(directory, 'runtime.yaml');
      writeFileSync(
        config,
        `control: ${control}
`,
      );
      const flags = [[`--udscope-control=${control}`], [`--udscope-config=${config}`]];
      for (const flag of flags) {
        const { stderr } = await run(own(), ...flag, 'create', 'c1');
        assert.match(stderr, /the agent does not learn of it/);
      }
      mkdirSync(folder);
      for (const flag of flags) {
        const { stderr } = await run(own(), ...flag, 'create', 'c1');
        assert.doesNotMatch(stderr, /does not learn/);
      }
      const reports = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
      assert.deepEqual(reports, ['{"reason":"no_node"}', '{"reason":"no_node"}']);
      await run(own(), '--udscope-fail=closed', ...flags[0]!, 'create', 'c1');
      assert.equal(readdirSync(folder).length, 2);
    });

    for (const text of ['fail: closed', 'fail: "closed"', ' fail: closed', '"fail": open', 'fail: openly']) {
      it(`starts none with ${text}, and says so`, async () => {
        const config = join(directory, 'runtime.yaml');
        writeFileSync(config, `${text}\nruntime: ${runtime}\n`);
        const log = join(directory, 'log');
        const ran = await run(`--udscope-config=${config}`, `--log=${log}`, 'create', 'c1');
        assert.equal(ran.code, 1);
        assert.equal(ran.stdout, '');
        assert.match(
          ran.stderr,
          /udscope-runtime: error: \S*node has ended with status 127; install Node\.js/,
        );
        assert.match(
          readFileSync(log, 'utf8'),
          /^time="[^"]+Z" level=error msg="udscope: \S*node has ended [^"]+"\n$/,
        );
      });
    }

    it('obeys the flag before the file', async () => {
      assert.equal((await run(own(), '--udscope-fail=closed', 'run', 'c1')).code, 1);
      assert.equal((await run(own(), '--udscope-fail=open', 'run', 'c1')).code, 0);
    });

    it('can start nothing when only Node could tell the runtime', async () => {
      assert.equal((await run('--udscope-config=/none', '--udscope-fail=open', 'state', 'c1')).code, 1);
    });
  });

  const mistakes: [what: string, args: (directory: string) => string[], said: RegExp][] = [
    [
      'no runtime',
      (path) => [`--udscope-config=${path}/none`, 'state', 'c1'],
      /no runtime is configured; write/,
    ],
    ['itself as runtime', () => [`--udscope-runtime=${WRAPPER}`, 'state', 'c1'], /is udscope-runtime itself/],
    [
      'a runtime that is not there',
      () => ['--udscope-runtime=/none', 'run', 'c1'],
      /is not there, or cannot be exec/,
    ],
    ['a relative runtime', () => ['--udscope-runtime=runc', 'state', 'c1'], /is not an absolute path/],
    [
      'a flag that does not exist',
      () => ['--udscope-x=1', 'state', 'c1'],
      /"--udscope-x=1" is not a flag of udscope/,
    ],
    [
      'a flag without a value',
      () => ['--udscope-runtime', 'state', 'c1'],
      /"--udscope-runtime" is not a flag/,
    ],
  ];
  for (const [what, args, said] of mistakes) {
    it(`ends with ${what}`, async () => {
      const ran = await runWrapper(args(directory));
      assert.equal(ran.code, 1);
      assert.equal(ran.stdout, '');
      assert.match(ran.stderr, said);
    });
  }

  it('is a script that any POSIX shell reads', () => {
    assert.match(readFileSync(WRAPPER, 'utf8'), /^#!\/bin\/sh\n/);
    assert.ok(existsSync(join(dirname(WRAPPER), '..', 'package.json')));
  });
});
