/**
 * What the wrapper runs beside the runtime got the environment of the engine: with NODE_CHANNEL_FD nothing was monitored,
 * OPENSSL_CONF had a library loaded as root, PATH chose the programs.
 */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, KEY } from '../runtime/support/control-socket.js';
import { Bundle, fakeRuntime, runWrapper, SOCKET_MOUNT, specification } from '../runtime/support/wrapper.js';
import { useCleanup } from '../support/cleanup.js';

const PROGRAMS = ['node', 'env', 'grep', 'date', 'readlink', 'printf', 'cat'];

describe('The environment of the engine', () => {
  const cleanup = useCleanup();
  let directory = '';
  let witness = '';
  beforeEach(() => {
    directory = cleanup.directory();
    witness = join(directory, 'witness');
  });

  /** An environment of which each variable has been made to do harm, to programs of ours but not to a shell. */
  function harmful(): NodeJS.ProcessEnv {
    const bin = join(directory, 'bin');
    mkdirSync(bin);
    for (const program of PROGRAMS) {
      writeFileSync(join(bin, program), `#!/bin/sh\necho ${program} >>${witness}\nexit 7\n`);
      chmodSync(join(bin, program), 0o755);
    }
    const script = join(directory, 'harm.cjs');
    writeFileSync(script, `require('node:fs').appendFileSync(${JSON.stringify(witness)}, 'script');`);
    const openssl = join(directory, 'openssl.cnf');
    writeFileSync(
      openssl,
      'nodejs_conf = init\n[init]\nengines = e\n[e]\nx = y\n[y]\ndynamic_path = /no/such.so\n',
    );
    return {
      PATH: bin,
      NODE_OPTIONS: `--require=${script}`,
      NODE_CHANNEL_FD: '3',
      NODE_PATH: directory,
      NODE_EXTRA_CA_CERTS: script,
      NODE_V8_COVERAGE: directory,
      NODE_DEBUG: 'net,http',
      OPENSSL_CONF: openssl,
      LC_ALL: 'ja_JP.SJIS',
      GREP_OPTIONS: '-v',
      IFS: 'a/e',
      CDPATH: '/',
      ENV: script,
      BASH_ENV: script,
      'BASH_FUNC_printf%%': `() { echo function >>${witness}; }`,
      'BASH_FUNC_read%%': `() { echo function >>${witness}; }`,
      XDG_RUNTIME_DIR: directory,
      USER: 'root',
    };
  }

  for (const annotated of [true, false]) {
    it(`reaches the runtime alone, ${annotated ? 'with' : 'without'} an annotation`, async () => {
      const agent = await Agent.start(cleanup, join(directory, 'control.sock'));
      const environment = harmful();
      const runtime = fakeRuntime(directory, '/usr/bin/env -0 | /usr/bin/tr "\\n\\0" " \\n"');
      const annotations: Record<string, string> = annotated ? { [KEY]: SOCKET_MOUNT.destination } : {};
      const bundle = new Bundle(cleanup, specification(annotations, [SOCKET_MOUNT]));
      const line = ['--log', join(directory, 'log'), 'create', '--bundle', bundle.path, 'c1'];
      const own = [`--udscope-runtime=${runtime}`, `--udscope-control=${agent.control}`];
      const ran = await runWrapper([...own, ...line], { env: environment });
      assert.deepEqual([ran.code, ran.stderr], [0, '']);
      const [mount] = JSON.parse(bundle.text).mounts;
      assert.equal(mount.source, annotated ? agent.relayPath('c1', 0) : SOCKET_MOUNT.source);
      assert.equal(existsSync(witness), false);
      const lines = ran.stdout.split('\n');
      for (const [name, value] of Object.entries(environment)) {
        // A shell ignores the IFS of others, and may pass on no variable whose name it could not have itself.
        if (name === 'IFS' || name.includes('%')) continue;
        assert.ok(lines.includes(`${name}=${value}`), name);
      }
    });
  }

  it('chooses no program that says something in the log', async () => {
    const runtime = fakeRuntime(directory, ':');
    const own = [`--udscope-runtime=${runtime}`, '--udscope-node=/no/such/node'];
    const log = join(directory, 'log');
    const ran = await runWrapper([...own, '--log', log, 'create', 'c1'], { env: harmful() });
    assert.equal(ran.code, 0);
    assert.match(ran.stderr, /not monitored: \/no\/such\/node has ended with status/);
    assert.equal(existsSync(witness), false);
    assert.equal(existsSync(log), true);
  });
});
