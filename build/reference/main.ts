/** `npm run docs`: writes the generated parts of pages. `npm test` fails where they are not as the program is. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { withGenerated } from './generated.js';
import { PAGES } from './pages.js';

for (const [page, generate] of Object.entries(PAGES)) {
  // Compiled, this file is dist/build/reference/main.js.
  const path = fileURLToPath(new URL(`../../../${page}`, import.meta.url));
  writeFileSync(path, withGenerated(readFileSync(path, 'utf8'), generate()));
}
