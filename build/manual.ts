/* Writes the manual pages, once the commands that they are made of are compiled. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manualPages } from '../src/cli/manual/manual.js';

// Compiled, this file is dist/build/manual.js.
const FOLDER = fileURLToPath(new URL('../man', import.meta.url));

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER);
for (const { file, text } of manualPages()) writeFileSync(join(FOLDER, file), text);
