import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { useCleanup } from '../support/cleanup.js';
import { startProcess } from '../support/process.js';

const LOGGING = fileURLToPath(new URL('../../src/service/logging.js', import.meta.url));

const LOG_A_LINE = `
  import { fstatSync } from 'node:fs';
  const { dev, ino } = fstatSync(2);
  if (process.argv[2] === 'journal') process.env.JOURNAL_STREAM = dev + ':' + ino;
  const { createLog } = await import(process.argv[1]);
  createLog({ level: 'info', encoding: 'console' }).logger.info('a line');`;

describe('the console log', () => {
  const cleanup = useCleanup();

  async function line(env: Record<string, string>, where = 'pipe'): Promise<string> {
    const args = ['--input-type=module', '-e', LOG_A_LINE, LOGGING, where];
    const process_ = await startProcess({ command: process.execPath, args, env });
    cleanup.defer(() => process_.kill());
    assert.equal((await process_.exited).code, 0, process_.describe());
    return process_.output;
  }

  it('says the date, and how far from UTC it is', async () => {
    assert.match(
      await line({ TZ: 'Asia/Kolkata' }),
      /^\[?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \+0530\]? INFO: a line\n$/,
    );
  });

  it('leaves the time to the journal, but not where another stream is the journal', async () => {
    assert.equal(await line({}, 'journal'), 'INFO: a line\n');
    assert.match(await line({ JOURNAL_STREAM: '1:2' }), /^\[?\d{4}-/);
  });

  it('has colours only where they are wanted', async () => {
    const plain = await line({ FORCE_COLOR: '1', NO_COLOR: '1' });
    assert.equal(stripVTControlCharacters(plain), plain);
    const coloured = await line({ FORCE_COLOR: '1', NO_COLOR: '' });
    assert.notEqual(stripVTControlCharacters(coloured), coloured);
  });
});
