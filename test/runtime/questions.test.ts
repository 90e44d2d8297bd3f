import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { VERSION } from '../../src/version.js';
import { useCleanup } from '../support/cleanup.js';
import { fakeRuntime, NO_NODE, runWrapper, WRAPPER } from './support/wrapper.js';

/** What runc answers, which engines take apart. */
const RUNC = 'runc version 1.1.5\ncommit: x\nspec: 1.0.2\n';

describe('udscope-runtime, asked what it is', () => {
  const cleanup = useCleanup();
  let directory = '';
  let runtime = '';
  let none = '';
  beforeEach(() => {
    directory = cleanup.directory();
    runtime = fakeRuntime(directory, `printf '${RUNC.replaceAll('\n', '\\n')}'; echo "$@" >&2`);
    none = `${directory}/none.yaml`;
  });

  /** Without a configuration at its usual place, whatever this machine has there. */
  const unconfigured = (...args: string[]) => {
    writeFileSync(none, '');
    return runWrapper([`--udscope-config=${none}`, ...args]);
  };

  for (const flag of ['--version', '-version', '-v', '-V']) {
    it(`answers ${flag} as the runtime does, and names both beside that`, async () => {
      const ran = await runWrapper([NO_NODE, `--udscope-runtime=${runtime}`, flag]);
      const stderr = `udscope-runtime ${VERSION}, in front of ${runtime}\n${flag}\n`;
      assert.deepEqual(ran, { code: 0, stdout: RUNC, stderr });
    });
  }

  for (const flag of ['--help', '-h', 'help']) {
    it(`answers ${flag} with its own flags, then the runtime's help`, async () => {
      const ran = await runWrapper([NO_NODE, `--udscope-runtime=${runtime}`, flag]);
      assert.equal(ran.code, 0);
      assert.match(
        ran.stdout,
        /^udscope-runtime \S+, in front of .*--udscope-fail=open\|closed.*What follows is of/s,
      );
      assert.ok(ran.stdout.endsWith(RUNC));
    });
  }

  it('names no runtime where none is configured, and what is wrong with the configuration', async () => {
    const ran = await unconfigured('--version');
    assert.equal(ran.stdout, `udscope-runtime ${VERSION}, with no runtime configured in ${none}\n`);
    assert.match(ran.stderr, /error: no runtime is configured; write the absolute path/);
    writeFileSync(none, 'runtim: /usr/bin/runc\n');
    const wrong = await runWrapper([`--udscope-config=${none}`, '--help']);
    assert.match(wrong.stdout, /^udscope-runtime .*Usage: /s);
    assert.match(wrong.stderr, /none\.yaml:1: "runtim" is an unknown key; accepted here: agent_uid/);
  });

  it('needs no Node, and no configuration', async () => {
    const ran = await runWrapper([NO_NODE, '--help']);
    assert.match(ran.stdout, /Usage: udscope-runtime/);
  });

  it('finds the runtime in any configuration, behind links and by a relative path', async () => {
    writeFileSync(none, `"runtime": '${runtime}'\n`);
    const link = join(directory, 'udscope-runtime');
    symlinkSync(WRAPPER, link);
    const args = [`--udscope-config=${none}`, `--udscope-node=${process.execPath}`, '--version'];
    const cwd = dirname(WRAPPER);
    for (const [program, from] of [
      [link, directory],
      [`./${basename(WRAPPER)}`, cwd],
      [relative(directory, WRAPPER), directory],
    ] as const) {
      const ran = await runWrapper(args, { program, cwd: from });
      assert.deepEqual([ran.code, ran.stdout], [0, RUNC], `${program}: ${ran.stderr}`);
    }
  });
});
