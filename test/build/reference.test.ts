import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { withGenerated } from '../../build/reference/generated.js';
import { GROUPS } from '../../build/reference/metrics.js';
import { PAGES } from '../../build/reference/pages.js';
import { repositoryPath } from '../support/paths.js';
import { repositoryFiles } from '../support/repository-files.js';

describe('generated references', () => {
  for (const [page, generate] of Object.entries(PAGES)) {
    it(`${page} is as the program is; else run npm run docs`, () => {
      const text = readFileSync(repositoryPath(page), 'utf8');
      assert.equal(withGenerated(text, generate()), text);
    });
  }

  it('say of every setting that may be zero what that means', () => {
    const page = readFileSync(repositoryPath('docs/configuration.md'), 'utf8');
    const rows = page
      .split('\n')
      .filter((line) => /^\| `[^|]*\| [^|]*(?:\b0 to|, -\d+ to 0|size, 0|\bduration)\b/.test(line));
    assert.ok(rows.length > 15, `${rows.length} settings`);
    const silent = rows.filter((row) => !/duration, not 0/.test(row) && !/\b0s?(?::| is\b)/.test(row));
    assert.deepEqual(silent, []);
  });

  it('know every instrument that the sources name', () => {
    const known = new Set(GROUPS.flatMap(({ instruments }) => instruments.map(({ name }) => name)));
    for (const path of repositoryFiles('.ts', 'src')) {
      const code = readFileSync(repositoryPath(path), 'utf8');
      for (const [, name = ''] of code.matchAll(/^ +name: '((?:uds|udscope|rpc|http|db|mcp)\.[\w.]+)',/gm)) {
        assert.ok(known.has(name), `${name} of ${path}`);
      }
    }
  });
});
