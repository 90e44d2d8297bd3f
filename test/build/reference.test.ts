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
