import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { captureSettings } from '../../../../src/processors/capture/settings-of.js';
import { moduleIn } from '../../../../src/processors/capture/strategies/settings.js';
import { tryStrategy } from '../../../../src/processors/capture/strategies/try-module.js';
import { useCleanup } from '../../../support/cleanup.js';
import { configOf } from '../config-of.js';

/** What its thread and the module have, in ms. That they have not come to it yet when it is over says the same. */
const START_MS = 500;
const WITHIN_MS = 20;

describe('tryStrategy', () => {
  const cleanup = useCleanup();

  for (const [what, source] of Object.entries({
    'as it is loaded': 'for (;;); export default () => ({ keep: () => 1 });',
    'as it makes a strategy': 'export default () => { for (;;); };',
  })) {
    it(`refuses a module that loops for ever ${what}`, async () => {
      const file = `${cleanup.directory()}/own.mjs`;
      writeFileSync(file, source);
      const settings = captureSettings(
        'capture',
        configOf({ strategy: 'module', module: file, options: {} }),
        undefined,
      );
      const module = (settings && moduleIn(settings.strategy)) ?? assert.fail('no module in the settings');
      await assert.rejects(tryStrategy(module, WITHIN_MS, START_MS), /own\.mjs: is not loaded after 20 ms/);
    });
  }
});
