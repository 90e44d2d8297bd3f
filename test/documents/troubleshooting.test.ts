import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { repositoryPath } from '../support/paths.js';
import { repositoryFiles } from '../support/repository-files.js';
import { pages } from './markdown.js';

const PAGE = 'docs/troubleshooting.md';

/** Text that stays the same, of a message that says enough to be found by it. */
const MIN_WORDS = 2;

describe(PAGE, () => {
  const text = readFileSync(repositoryPath(PAGE), 'utf8');
  const sources = repositoryFiles('.ts', 'src').map((path) => ({
    path,
    code: readFileSync(repositoryPath(path), 'utf8'),
  }));

  it('has a heading for every check of udscope doctor', () => {
    const page = pages().find(({ path }) => path === PAGE) ?? assert.fail();
    const checks = sources.flatMap(({ code }) =>
      Array.from(code.matchAll(/new Findings\('([^']+)'\)/g), ([, name = '']) => name),
    );
    assert.ok(checks.length >= 14, `${checks.length} checks`);
    for (const check of checks) assert.ok(page.anchors.has(check.replaceAll(' ', '-')), check);
  });

  it('has an entry for every warning and error that is written into the log', () => {
    const missing: string[] = [];
    let known = 0;
    for (const { path, code } of sources) {
      for (const message of messagesIn(code)) {
        known++;
        if (!message.some((part) => text.includes(part))) missing.push(`${path}: ${message.join(' … ')}`);
      }
    }
    assert.ok(known >= 40, `${known} messages`);
    assert.equal(missing.length, 0, `\n${missing.join('\n')}`);
  });
});

/** The parts of each message that do not change; none for one that is made elsewhere. */
function messagesIn(code: string): string[][] {
  const calls = code.matchAll(/[lL]ogger\.(?:warn|error)\(([\s\S]*?)\);?\n/g);
  return Array.from(calls, ([, argument = '']) => {
    const texts = argument.matchAll(/`((?:[^`\\]|\\.)*)`|'((?:[^'\\]|\\.)*)'/g);
    return Array.from(texts, ([, template, plain]) => template ?? plain ?? '')
      .flatMap((each) => each.split(/\$\{[^}]*\}|\\n/))
      .map((part) => part.replace(/^[\s:;,)]+|[\s:;,(]+$/g, ''))
      .filter((part) => part.split(' ').length >= MIN_WORDS);
  }).filter((parts) => parts.length > 0);
}
