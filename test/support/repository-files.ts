import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryPath } from './paths.js';

/** What is installed or built. */
const NOT_OURS = ['node_modules', 'dist', '.git'];

/** The files of the repository with such an end, below a folder, by their paths from its root. */
export function repositoryFiles(end: string, folder = '.'): string[] {
  return readdirSync(repositoryPath(folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.includes(entry.name) ? [] : repositoryFiles(end, path);
    return entry.isFile() && path.endsWith(end) ? [path] : [];
  });
}
