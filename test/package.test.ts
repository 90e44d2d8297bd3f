import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { THREADS } from '../build/threads.js';
import { repositoryPath } from './support/paths.js';

/** A link in Markdown to something else than a part of the same page. */
const LINK = /\]\((?!https?:|#)([^)#\s]+)/g;

describe('the npm package', () => {
  let files: readonly string[];

  before(() => {
    const json = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: repositoryPath(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    files = packedIn(JSON.parse(json));
  });

  it('has all that its documents link to', () => {
    const has = (path: string) => files.some((file) => file === path || file.startsWith(`${path}/`));
    for (const document of files.filter((file) => file.endsWith('.md'))) {
      const text = readFileSync(repositoryPath(document), 'utf8');
      for (const [, link = ''] of text.matchAll(LINK)) {
        const path = normalize(join(dirname(document), link)).replace(/\/$/, '');
        assert.ok(has(path), `${document} links to ${link}`);
      }
    }
  });

  it('has what is run and copied, and no tests', () => {
    for (const path of [
      'dist/src/cli/main.js',
      'dist/runtime/prepare.cjs',
      'dist/licenses.txt',
      'bin/udscope-runtime',
      'otel-config.yaml',
      'examples/systemd/udscope.service',
      ...THREADS.map((name) => `dist/src/${name}.js`),
    ]) {
      assert.ok(files.includes(path), path);
    }
    assert.ok(
      files.some((file) => file.startsWith('dist/src/cli/bundled/')),
      'the parts of the command',
    );
    assert.deepEqual(
      files.filter((file) => /(?:^|\/)(?:test|node_modules)\//.test(file)),
      [],
    );
  });

  it('has no source maps, whose sources it has not, and nothing that asks for one', () => {
    assert.deepEqual(
      files.filter((file) => file.endsWith('.map')),
      [],
    );
    const scripts = files.filter((file) => /\.c?js$/.test(file));
    assert.ok(scripts.length > 100);
    for (const file of scripts) {
      assert.doesNotMatch(readFileSync(repositoryPath(file), 'utf8'), /^\/\/# sourceMappingURL=/m, file);
    }
  });

  it('is named nowhere as something that npx could fetch', () => {
    for (const document of files.filter((file) => /\.(?:md|service|ya?ml|toml|json|conf)$/.test(file))) {
      const commands = readFileSync(repositoryPath(document), 'utf8').match(/^.*\bnpx udscope.*$/gm) ?? [];
      assert.deepEqual(
        commands.filter((line) => !line.includes('is no way to run it')),
        [],
        document,
      );
    }
  });
});

/** npm lists the packages by their names, or in an array, as its version has it. */
function packedIn(answer: Record<string, Packed> | readonly Packed[]): string[] {
  const [packed] = Object.values(answer) as Packed[];
  return packed?.files.map(({ path }) => path) ?? [];
}

interface Packed {
  readonly files: readonly { readonly path: string }[];
}
