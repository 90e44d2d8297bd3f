import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { limitProblem } from '../../src/cli/limits.js';
import { useCleanup } from '../support/cleanup.js';

const COMMAND = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** As in /proc/PID/limits. */
const limits = (files: string, addressSpace = 'unlimited') =>
  [
    'Limit                     Soft Limit           Hard Limit           Units',
    `Max open files            ${files.padEnd(20)} 4096                 files`,
    `Max address space         ${addressSpace.padEnd(20)} unlimited            bytes`,
  ].join('\n');

describe('an agent under limits that it cannot start with', () => {
  const cleanup = useCleanup();

  it('says how many descriptors it needs', () => {
    assert.match(limitProblem(limits('90')) ?? '', /at most 90 files .* it takes 128 to start/);
    assert.equal(limitProblem(limits('1024')), undefined);
  });

  it('says how much address space it needs', () => {
    assert.match(limitProblem(limits('1024', '1073741824')) ?? '', /limited to 1\.0 GiB/);
    assert.equal(limitProblem(limits('unlimited')), undefined);
    assert.equal(limitProblem(''), undefined);
  });

  for (const files of [60, 90]) {
    it(`ends with that, and without a trace of the stack, under ulimit -n ${files}`, async () => {
      const directory = cleanup.directory();
      const args = [
        'relay',
        '--no-control',
        join(directory, 'a.sock'),
        join(directory, 'b.sock'),
        '--prometheus',
        'localhost:0',
      ];
      const agent = spawn('sh', [
        '-c',
        `ulimit -n ${files}; exec "$0" "$@"`,
        process.execPath,
        COMMAND,
        ...args,
      ]);
      cleanup.defer(() => agent.kill('SIGKILL'));
      let output = '';
      agent.stderr.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
      assert.deepEqual(await once(agent, 'close'), [1, null]);
      assert.match(output, new RegExp(`^udscope: at most ${files} files may be open at once .*\\n`));
      assert.doesNotMatch(output, /\.js:/);
    });
  }
});
