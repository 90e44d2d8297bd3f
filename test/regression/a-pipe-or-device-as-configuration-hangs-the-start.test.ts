import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfiguration } from '../../src/configuration/load.js';

describe('a configuration file that is no ordinary file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'udscope-'));
  after(() => rmSync(directory, { recursive: true }));
  const load = (file: string) => () => loadConfiguration({ files: [file], sets: [], env: {} });

  it('is refused when it is a named pipe, whose writer may never come', () => {
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    assert.throws(load(pipe), /pipe: is no regular file/);
  });

  it('is refused when it is a device, which may never end', () => {
    assert.throws(load('/dev/zero'), /zero: is no regular file/);
  });

  it('is refused when it is larger than any configuration', () => {
    const large = join(directory, 'large.yaml');
    writeFileSync(large, '');
    truncateSync(large, 2 ** 30);
    assert.throws(load(large), /large\.yaml: has more than 4194304 bytes/);
  });
});
