/** A copy of the built command that every user may run: a checkout may lie where nobody else can look. */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.js';
import { repositoryPath } from '../../support/paths.js';

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
}

/** The path of its entry point. */
export function openCopy(cleanup: Cleanup): string {
  const copy = cleanup.directory();
  const { packages } = JSON.parse(readFileSync(repositoryPath('package-lock.json'), 'utf8')) as Lock;
  const needed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  for (const path of ['package.json', 'dist/src', ...needed.map(([folder]) => folder)]) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    // Packages of other platforms are in the lock, and not here.
    if (existsSync(repositoryPath(path))) cpSync(repositoryPath(path), join(copy, path), { recursive: true });
  }
  chmodSync(copy, 0o755);
  execFileSync('chmod', ['-R', 'a+rX', copy]);
  return join(copy, 'dist/src/cli/main.js');
}
