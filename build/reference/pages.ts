import { DOCUMENTED_FILE, readDocumented } from '../performance/documents.js';
import { performanceTables } from '../performance/tables.js';
import { configurationReference } from './configuration.js';
import { metricsReference } from './metrics.js';

/** The pages of which a part is generated, and what of them. */
export const PAGES: Readonly<Record<string, () => string>> = {
  'docs/configuration.md': configurationReference,
  'docs/metrics.md': metricsReference,
  'docs/performance.md': () => performanceTables(readDocumented(DOCUMENTED_FILE)),
};
