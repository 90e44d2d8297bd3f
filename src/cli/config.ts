import { printConfiguration } from '../configuration/index.js';
import { type ConfigurationOptions, configurationSource } from './configuration-files.js';
import { reportMistakes } from './report.js';

export interface PrintOptions extends ConfigurationOptions {
  origins?: boolean;
}

/** Prints a configuration with all that holds; mistakes and warnings as `validate` has them. Modules are not loaded. */
export function printConfig({ origins = false, ...options }: PrintOptions): void {
  try {
    const { text, warnings } = printConfiguration(configurationSource(options), { origins });
    for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
    process.stdout.write(text);
  } catch (error) {
    reportMistakes(error);
  }
}
