import assert from 'node:assert/strict';
import {
  closeSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { writeByDraft, writeNewFile } from '../../../src/cli/init/write-new-file.js';
import { nextSteps } from '../../../src/cli/init.js';
import { nameFile, openNameless } from '../../../src/linux/nameless-file.js';
import { useCleanup } from '../../support/cleanup.js';
import { startCommand } from '../../support/udscope.js';

describe('a file that is to be new', () => {
  const cleanup = useCleanup();
  let directory: string;
  let file: string;

  beforeEach(() => {
    directory = cleanup.directory();
    file = join(directory, 'a.yaml');
  });

  it('has its text and mode, and nothing beside it', () => {
    writeNewFile(file, 'text\n', 0o640);
    assert.equal(readFileSync(file, 'utf8'), 'text\n');
    assert.equal(statSync(file).mode & 0o777, 0o640);
    assert.deepEqual(readdirSync(directory), ['a.yaml']);
  });

  it('is the same by a draft, on a file system without files that have no name', () => {
    writeByDraft(file, 'text\n', 0o640);
    assert.equal(readFileSync(file, 'utf8'), 'text\n');
    assert.equal(statSync(file).mode & 0o777, 0o640);
    assert.throws(() => writeByDraft(file, 'other', 0o640), { code: 'EEXIST' });
    assert.deepEqual(readdirSync(directory), ['a.yaml']);
  });

  it('has no name until all of it is there, so that nothing is left of a command that is ended', () => {
    const fd = openNameless(directory, 0o600);
    assert.ok(fd !== undefined);
    assert.deepEqual(readdirSync(directory), []);
    nameFile(fd, file);
    assert.throws(() => nameFile(fd, file), { code: 'EEXIST' });
    closeSync(fd);
    assert.deepEqual(readdirSync(directory), ['a.yaml']);
  });

  it('is not written over another one, nor through a link', () => {
    writeFileSync(file, 'mine');
    assert.throws(() => writeNewFile(file, 'text', 0o640), /a\.yaml" is there already, and is left as it is/);
    assert.equal(readFileSync(file, 'utf8'), 'mine');
    const link = join(directory, 'link');
    symlinkSync(join(directory, 'nowhere'), link);
    assert.throws(() => writeNewFile(link, 'text', 0o640), /is there already/);
    mkdirSync(join(directory, 'd'));
    assert.throws(() => writeNewFile(join(directory, 'd'), 'text', 0o640), /is there already/);
    assert.deepEqual(readdirSync(directory).sort(), ['a.yaml', 'd', 'link']);
  });

  it('says where it cannot be', () => {
    assert.throws(() => writeNewFile(join(directory, 'no/a'), '', 0o640), /a directory that does not exist/);
    assert.throws(() => writeNewFile(join(directory, 'x'.repeat(300)), '', 0o640), /too long a name/);
  });

  it('is not there at all when it cannot be written as a whole', async () => {
    // As on a full disk, a part of it is written.
    const limit = 'ulimit -f 1 && trap "" XFSZ';
    const init = await startCommand({ args: ['init', file], limit });
    const { code } = await init.exited;
    assert.equal(code, 1, init.output);
    assert.match(init.output, /^".*a\.yaml" cannot be written: EFBIG/);
    assert.deepEqual(readdirSync(directory), []);
  });

  it('is what udscope init writes, once', async () => {
    const run = async (...args: string[]) => {
      const command = await startCommand({ args: ['init', ...args], cwd: directory });
      const { code } = await command.exited;
      return { code, output: command.output };
    };
    const first = await run();
    assert.equal(first.code, 0, first.output);
    assert.match(
      first.output,
      /^wrote otel-config\.yaml: .*\nnext: udscope validate --config otel-config\.yaml/,
    );
    const second = await run();
    assert.equal(second.code, 1);
    assert.equal(
      second.output,
      '"otel-config.yaml" is there already, and is left as it is; give another name, or - to print\n',
    );
    const printed = await run('-');
    assert.equal(printed.output, readFileSync(join(directory, 'otel-config.yaml'), 'utf8'));
  });

  it('is followed by commands that can be copied', () => {
    assert.equal(
      nextSteps('a.yaml', {}),
      'next: udscope validate --config a.yaml && udscope run --config a.yaml',
    );
    assert.equal(
      nextSteps("/my dir/a'b", { SUDO_USER: 'me' }),
      `next: sudo udscope validate --config '/my dir/a'\\''b' && sudo udscope run --config '/my dir/a'\\''b'`,
    );
    assert.match(nextSteps('-\u001b', {}), /--config '-\\u\{1b\}' && /);
  });
});
