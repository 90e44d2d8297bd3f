import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expand, namesIn, readJsonMap } from '../../../src/identity/sources/trusted-files.js';
import { isThere, readKernelText } from '../../../src/linux/files.js';
import { useCleanup } from '../../support/cleanup.js';

describe('readKernelText', () => {
  const cleanup = useCleanup();

  it('reads a file up to its limit, and no longer one', () => {
    const path = join(cleanup.directory(), 'f');
    writeFileSync(path, 'x'.repeat(200_000));
    assert.equal(readKernelText(path)?.length, 200_000);
    assert.equal(readKernelText(path, 200_000)?.length, 200_000);
    assert.equal(readKernelText(path, 199_999), undefined);
  });

  it('reads files of /proc, which have no size', () => {
    assert.match(readKernelText('/proc/self/mountinfo') ?? '', / - /);
    assert.equal(readKernelText('/proc/self/mountinfo', 10), undefined);
  });

  it('opens no link, does not wait for a pipe, and reads no device or directory', () => {
    const folder = cleanup.directory();
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    writeFileSync(join(folder, 'f'), 'x');
    symlinkSync('f', join(folder, 'link'));
    for (const path of [pipe, join(folder, 'link'), '/dev/zero', folder, join(folder, 'none'), '/a\0b'])
      assert.equal(readKernelText(path), undefined);
  });
});

describe('readJsonMap', () => {
  const cleanup = useCleanup();

  it('reads maps only', () => {
    const path = join(cleanup.directory(), 'f');
    const read = (text: string) => {
      writeFileSync(path, text);
      return readJsonMap(path);
    };
    assert.deepEqual(read('{"a":1}'), { a: 1 });
    for (const text of ['', '[]', 'null', '7', '{', '{"a":', '\0', '['.repeat(100_000)])
      assert.equal(read(text), undefined);
  });
});

describe('expand', () => {
  const cleanup = useCleanup();

  it('expands * to every directory', () => {
    const folder = cleanup.directory();
    for (const name of ['a', 'b']) mkdirSync(join(folder, name));
    const paths = expand(`${folder}/*/x`).map(({ path, name }) => [name, path]);
    assert.deepEqual(paths.toSorted(), [
      ['a', `${folder}/a/x`],
      ['b', `${folder}/b/x`],
    ]);
    assert.deepEqual(expand('/no/such/*'), []);
    assert.deepEqual(expand('/as/it/is'), [{ path: '/as/it/is', name: undefined }]);
  });
});

describe('namesIn and isThere', () => {
  const cleanup = useCleanup();

  it('limit what they read, and tell absence from other errors', () => {
    const folder = cleanup.directory();
    for (const name of ['a', 'b', 'c']) writeFileSync(join(folder, name), '');
    assert.equal(namesIn(folder, 2).length, 2);
    assert.deepEqual(namesIn(join(folder, 'a'), 2), []);
    assert.equal(isThere(join(folder, 'a')), true);
    assert.equal(isThere(join(folder, 'd')), false);
    assert.equal(isThere(join(folder, 'a', 'below')), false);
  });
});
