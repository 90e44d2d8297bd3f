import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A path in the repository. Tests run in dist/, which has no files but compiled ones: what they read is found
 * from the folder that has the package.json.
 */
export function repositoryPath(...segments: string[]): string {
  return join(repositoryRoot(dirname(fileURLToPath(import.meta.url))), ...segments);
}

function repositoryRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('no package.json in any folder above');
  return repositoryRoot(parent);
}
