import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { CommanderError } from 'commander';
import { parse as parseYaml, stringify } from 'yaml';
import { createProgram } from '../../src/cli/program.js';
import { loadConfiguration } from '../../src/configuration/index.js';
import { useCleanup } from '../support/cleanup.js';
import { repositoryPath } from '../support/paths.js';
import { linksOf, type Page, pages } from './markdown.js';
import { parse, udscopeCommands } from './shell.js';

const ALL = pages();

const SHELL = ['sh', 'bash', 'console'];

/** Reports everything that is wrong at once, with where it is. */
function assertNone(mistakes: readonly string[]): void {
  assert.equal(mistakes.length, 0, `\n${mistakes.join('\n')}`);
}

describe('documents', () => {
  const cleanup = useCleanup();

  it('are found', () => {
    const paths = ALL.map(({ path }) => path);
    for (const path of ['README.md', 'SECURITY.md', 'docs/README.md']) assert.ok(paths.includes(path), path);
  });

  it('link to files and headings that are there', () => {
    assertNone(
      ALL.flatMap(linksOf).flatMap(({ page, target }) => {
        if (/^[a-z]+:/.test(target)) return [];
        const [file = '', anchor] = target.split('#');
        const path = file === '' ? page.path : normalize(join(dirname(page.path), file)).replace(/\/$/, '');
        if (path.startsWith('..') || !existsSync(repositoryPath(path))) return [`${page.path}: no ${target}`];
        if (anchor === undefined) return [];
        const linked = ALL.find((each) => each.path === path);
        return linked?.anchors.has(anchor) === true ? [] : [`${page.path}: no heading ${target}`];
      }),
    );
  });

  it('link to the network by URLs', () => {
    const urls = ALL.flatMap(linksOf).filter(({ target }) => /^[a-z]+:/.test(target));
    assertNone(
      urls
        .filter(({ target }) => !URL.canParse(target) || !/^https?:$/.test(new URL(target).protocol))
        .map(({ page, target }) => `${page.path}: ${target}`),
    );
  });

  it('have an index with every page', () => {
    const index = ALL.find(({ path }) => path === 'docs/README.md') ?? assert.fail();
    const linked = linksOf(index).map(({ target }) => normalize(join('docs', target)));
    const own = ALL.map(({ path }) => path).filter((path) => /^docs\/[^/]+\.md$/.test(path));
    assertNone(own.filter((path) => path !== index.path && !linked.includes(path)));
  });

  it('have commands that udscope knows, with options that these have', async () => {
    const mistakes: string[] = [];
    let known = 0;
    for (const { path, fences } of ALL) {
      for (const { language, text, line } of fences) {
        if (!SHELL.includes(language)) continue;
        for (const argv of udscopeCommands(text)) {
          known++;
          await parse(createProgram, argv).catch((error: Error) => {
            const isAnswer = error instanceof CommanderError && error.exitCode === 0;
            if (!isAnswer) mistakes.push(`${path}:${line}: udscope ${argv.join(' ')}: ${error.message}`);
          });
        }
      }
    }
    assertNone(mistakes);
    assert.ok(known > 30, `${known} commands`);
  });

  it('have commands of npm and node that are there', () => {
    const { scripts } = JSON.parse(readFileSync(repositoryPath('package.json'), 'utf8'));
    const text = ALL.flatMap(({ fences }) => fences.map((fence) => fence.text)).join('\n');
    for (const [, script = ''] of text.matchAll(/\bnpm run ([\w:]+)/g)) assert.ok(script in scripts, script);
    for (const [, file = ''] of text.matchAll(/\bnode (?:--[\w-]+ )*(dist\/\S+\.js)/g)) {
      assert.ok(existsSync(repositoryPath(file)), file);
    }
    const readme = readFileSync(repositoryPath('README.md'), 'utf8');
    for (const command of ['npm ci && npm start', 'npm ci && npm test']) assert.ok(readme.includes(command));
    assert.equal(typeof scripts['start'], 'string');
    assert.equal(typeof scripts['test'], 'string');
  });

  it('have whole configurations that are accepted, and parts that are accepted in one', () => {
    const directory = cleanup.directory();
    const blocks = ALL.flatMap((page) => configurationsIn(page));
    assert.ok(blocks.length > 10, `${blocks.length} configurations`);
    assertNone(
      blocks.flatMap(({ where, body }) => {
        const file = join(directory, 'otel-config.yaml');
        writeFileSync(file, stringify(completed(body)));
        try {
          loadConfiguration({ files: [file], sets: [], env: {} });
          return [];
        } catch (error) {
          // Certificates and secrets are another machine's.
          const lines = (error as Error).message
            .split('\n')
            .filter((each) => !each.endsWith('does not exist'));
          return lines.map((each) => `${where}: ${each}`);
        }
      }),
    );
  });
});

type Body = Readonly<Record<string, unknown>>;

const PARTS = ['receivers', 'processors', 'exporters', 'extensions', 'service'];

/** Blocks of YAML that have nothing but what a configuration of udscope has. Those of a Collector are told by its components. */
function configurationsIn({ path, fences }: Page): { where: string; body: Body }[] {
  return fences.flatMap(({ language, text, line }) => {
    if (language !== 'yaml' || path === 'CHANGELOG.md' || path.startsWith('docs/decisions/')) return [];
    const body: unknown = parseYaml(text);
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return [];
    const keys = Object.keys(body);
    const isOurs = keys.every((key) => PARTS.includes(key)) && !/k8sattributes|otlp:/.test(text);
    return isOurs ? [{ where: `${path}:${line}`, body: body as Body }] : [];
  });
}

/** With what a part leaves out: a socket, exporters and processors by the names that it uses, and a pipeline. */
function completed(body: Body): Body {
  const { service = {}, receivers, ...others } = body as Record<string, Record<string, unknown>>;
  const part = (kind: string, types: readonly string[]) => ({
    ...Object.fromEntries(types.map((type) => [type, {}])),
    ...others[kind],
  });
  const all = {
    receivers: ['uds'],
    processors: ['capture', 'enrich'],
    exporters: ['prometheus', 'otlphttp'],
  };
  return {
    receivers: receivers ?? { uds: { sockets: [{ upstream: '/run/a.sock' }] } },
    processors: part('processors', ['capture', 'enrich']),
    exporters: part('exporters', ['prometheus', 'otlphttp', 'debug']),
    extensions: part('extensions', ['control']),
    service: { ...service, pipelines: service['pipelines'] ?? { metrics: all } },
  };
}
