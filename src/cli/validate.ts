import { loadConfiguration } from '../configuration/load.js';
import { type ConfigurationOptions, configurationFiles } from './configuration-files.js';
import { reportMistakes } from './report.js';

/** Silent when all is well; otherwise every mistake on stderr and exit code 1. */
export function validate(options: ConfigurationOptions): void {
  try {
    const files = configurationFiles(options);
    const { warnings } = loadConfiguration({ files, sets: options.set, env: process.env });
    for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
  } catch (error) {
    reportMistakes(error);
  }
}
