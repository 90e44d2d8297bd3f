import { readFileSync } from 'node:fs';
import { repositoryPath } from '../support/paths.js';
import { repositoryFiles } from '../support/repository-files.js';

/** A block between lines of three backquotes. */
export interface Fence {
  /** The word behind the first line's backquotes, or ''. */
  readonly language: string;
  readonly text: string;
  /** The number of its first line of text. */
  readonly line: number;
}

export interface Page {
  /** From the root of the repository. */
  readonly path: string;
  readonly fences: readonly Fence[];
  /** The text without what is code. */
  readonly prose: string;
  /** What `#…` may name. */
  readonly anchors: ReadonlySet<string>;
}

/** All Markdown of the repository. */
export function pages(): Page[] {
  return repositoryFiles('.md').map(read);
}

function read(path: string): Page {
  const lines = readFileSync(repositoryPath(path), 'utf8').split('\n');
  const fences: Fence[] = [];
  const prose: string[] = [];
  let open: { language: string; from: number } | undefined;
  lines.forEach((line, i) => {
    const [, language] = /^ *```(\w*)/.exec(line) ?? [];
    if (language === undefined) {
      if (open === undefined) prose.push(line);
    } else if (open === undefined) {
      open = { language, from: i + 1 };
    } else {
      fences.push({
        language: open.language,
        text: lines.slice(open.from, i).join('\n'),
        line: open.from + 1,
      });
      open = undefined;
    }
  });
  return { path, fences, prose: prose.join('\n'), anchors: anchorsOf(prose) };
}

/** As GitHub makes them of headings: of equal ones, the later have a number. */
function anchorsOf(lines: readonly string[]): Set<string> {
  const anchors = new Set<string>();
  for (const line of lines) {
    const [, heading] = /^#+ (.*)/.exec(line) ?? [];
    if (heading === undefined) continue;
    const base = heading
      .replace(/\]\([^)]*\)/g, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    let anchor = base;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${base}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

export interface Link {
  readonly page: Page;
  readonly target: string;
}

/** Links and images of a page, not those that are code. */
export function linksOf(page: Page): Link[] {
  const prose = page.prose.replace(/(?<!\[)`[^`\n]*`/g, '');
  const inline = Array.from(prose.matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g), ([, target = '']) => target);
  const bare = Array.from(prose.matchAll(/(?<!\()\bhttps?:\/\/[\w[][^\s)>,]*/g), ([target]) =>
    target.replace(/[.;:]+$/, ''),
  );
  return [...inline, ...bare].map((target) => ({ page, target }));
}
