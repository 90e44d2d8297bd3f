import { configurationReference } from './configuration.js';
import { metricsReference } from './metrics.js';

/** The pages of which a part is generated, and what of them. */
export const PAGES: Readonly<Record<string, () => string>> = {
  'docs/configuration.md': configurationReference,
  'docs/metrics.md': metricsReference,
};
