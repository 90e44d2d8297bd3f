import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Documented } from './documented.js';

/** A file of the documents. Compiled, this one is in dist/build/performance. */
export function inDocuments(path: string): string {
  return fileURLToPath(new URL(`../../../docs/${path}`, import.meta.url));
}

/** The run that the documents show. */
export const DOCUMENTED_FILE = inDocuments('performance.json');

export function readDocumented(path: string): Documented {
  return JSON.parse(readFileSync(path, 'utf8')) as Documented;
}
