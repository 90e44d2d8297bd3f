import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Node, SourceFile } from 'typescript/unstable/ast';
import { SyntaxKind } from 'typescript/unstable/ast';
import { isExportDeclaration, isImportDeclaration } from 'typescript/unstable/ast/is';
import { API } from 'typescript/unstable/sync';
import { repositoryPath } from '../support/paths.js';

/** What one file imports or exports again from elsewhere. */
export interface Import {
  /** A file, relative to the repository, as `src/index.ts`; or a package, as `zod`; or a module of Node, as `node:fs`. */
  readonly target: string;
  /** Nothing is loaded for it when the program runs. */
  readonly isType: boolean;
}

/** What the agent runs, and what a browser does. */
const PROJECTS = ['tsconfig.json', 'src/extensions/dashboard/page/tsconfig.json'];

/** The script of a worker thread, as code that starts one names it. */
const WORKER_SCRIPT = /new URL\('(\.[^']+\.js)', import\.meta\.url\)/g;

let shared: ImportGraph | undefined;

/** The graph of this repository; to read it takes a second. */
export function importGraph(): ImportGraph {
  shared ??= new ImportGraph();
  return shared;
}

/** Every file that the compiler compiles, and what it imports, as the compiler has parsed it. */
export class ImportGraph {
  readonly #files = new Map<string, readonly Import[]>();
  /** Files that are started as threads by a file of `src/`. */
  readonly threadEntries: ReadonlySet<string>;

  constructor() {
    const root = repositoryPath();
    const entries = new Set<string>();
    const compiler = new API({ cwd: root });
    try {
      for (const project of PROJECTS) {
        const tsconfig = join(root, project);
        const { program } = compiler.updateSnapshot({ openProject: tsconfig }).getProject(tsconfig)!;
        for (const path of program.getSourceFileNames()) {
          const name = relative(root, path);
          if (name.startsWith('..') || name.startsWith('node_modules')) continue;
          const file = program.getSourceFile(path)!;
          this.#files.set(name, importsOf(file, name));
          if (!name.startsWith('src/')) continue;
          for (const [, script] of file.text.matchAll(WORKER_SCRIPT)) entries.add(resolved(script, name));
        }
      }
    } finally {
      compiler.close();
    }
    this.threadEntries = entries;
  }

  /** Files below a folder, which ends in a slash. */
  filesOf(folder: string): string[] {
    return [...this.#files.keys()].filter((file) => file.startsWith(folder));
  }

  /** What a file imports; of a package, nothing. */
  importsOf(file: string): readonly Import[] {
    return this.#files.get(file) ?? [];
  }

  /** All that is loaded with a file, itself included; each with the file that imports it. */
  loadedWith(entry: string): ReadonlyMap<string, string | undefined> {
    const importers = new Map<string, string | undefined>([[entry, undefined]]);
    for (const file of importers.keys()) {
      for (const { target, isType } of this.importsOf(file)) {
        if (!isType && !importers.has(target)) importers.set(target, file);
      }
    }
    return importers;
  }

  /** Groups of files below a folder of which each imports, maybe by way of others, every other one of its group. */
  circles(folder: string): string[][] {
    const reached = new Map(this.filesOf(folder).map((file) => [file, this.#importedBy(file)]));
    const circles = new Map<string, string[]>();
    for (const [file, targets] of reached) {
      if (!targets.has(file)) continue;
      const circle = [...targets].filter((target) => reached.get(target)?.has(file)).sort();
      circles.set(circle[0], circle);
    }
    return [...circles.values()];
  }

  /** All that a file imports, types included, and what that imports. Not the file itself, unless in a circle. */
  #importedBy(file: string): ReadonlySet<string> {
    const found = new Set(this.importsOf(file).map(({ target }) => target));
    for (const each of found) {
      for (const { target } of this.importsOf(each)) found.add(target);
    }
    return found;
  }
}

/** `a imports b imports c`, from an entry to something that is loaded with it. */
export function chainTo(target: string, importers: ReadonlyMap<string, string | undefined>): string {
  const chain = [target];
  for (let file = importers.get(target); file !== undefined; file = importers.get(file)) chain.unshift(file);
  return chain.join('\n  imports ');
}

/** Whether a file or a package is one of those listed: itself, or below a folder, which ends in a slash; `*` is any one folder. */
export function isAmong(target: string, list: readonly string[]): boolean {
  return list.some((each) => {
    if (each.includes('*')) return new RegExp(`^${each.replace('*', '[^/]+')}`).test(target);
    return target === each || (each.endsWith('/') && target.startsWith(each));
  });
}

function importsOf(file: SourceFile, name: string): Import[] {
  return file.imports.map((specifier) => {
    const { text } = specifier as Node & { readonly text: string };
    return { target: targetOf(text, name), isType: isTypeOnly(specifier.parent) };
  });
}

/** Under `verbatimModuleSyntax` a statement is erased as a whole if it says `type` at its beginning, and else not at all. */
function isTypeOnly(statement: Node): boolean {
  if (isImportDeclaration(statement)) {
    return statement.importClause?.phaseModifier === SyntaxKind.TypeKeyword;
  }
  return isExportDeclaration(statement) && statement.isTypeOnly;
}

function targetOf(specifier: string, importer: string): string {
  if (specifier.startsWith('.')) return resolved(specifier, importer);
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function resolved(specifier: string, importer: string): string {
  const path = join(dirname(importer), specifier).replace(/\.js$/, '');
  return existsSync(repositoryPath(`${path}.tsx`)) ? `${path}.tsx` : `${path}.ts`;
}
