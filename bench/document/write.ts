import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Documented } from '../../build/performance/documented.js';
import { DOCUMENTED_FILE, inDocuments } from '../../build/performance/documents.js';
import { performanceTables } from '../../build/performance/tables.js';
import { withGenerated } from '../../build/reference/generated.js';
import { charts } from './charts.js';

/** Writes the run that the documents show: its figures, the tables of the page, and the charts. */
export async function writeDocuments(documented: Documented): Promise<void> {
  writeFileSync(DOCUMENTED_FILE, `${JSON.stringify(documented, null, 1)}\n`);
  const page = inDocuments('performance.md');
  writeFileSync(page, withGenerated(readFileSync(page, 'utf8'), performanceTables(documented)));
  mkdirSync(inDocuments('images/performance'), { recursive: true });
  for (const [file, svg] of await charts(documented))
    writeFileSync(inDocuments(`images/performance/${file}`), `${svg}\n`);
}
