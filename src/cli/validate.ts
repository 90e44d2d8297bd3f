import { letSignalsEndProcess } from '../linux/signals.js';
import { type ConfigurationOptions, configurationLoader } from './configuration-files.js';
import { reportMistakes } from './report.js';

/** Silent when all is well; otherwise every mistake on stderr and exit code 1. */
export function validate(options: ConfigurationOptions): void {
  letSignalsEndProcess();
  try {
    const { warnings } = configurationLoader(options)();
    for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
  } catch (error) {
    reportMistakes(error);
  }
}
