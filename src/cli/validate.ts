import { tryStrategies } from '../service/try-strategies.js';
import { type ConfigurationOptions, configurationLoader } from './configuration-files.js';
import { reportMistakes } from './report.js';

/** Silent when all is well; otherwise every mistake on stderr and exit code 1. Modules of strategies are loaded, too. */
export async function validate(options: ConfigurationOptions): Promise<void> {
  try {
    const { config, warnings } = configurationLoader(options)();
    for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
    await tryStrategies(config);
  } catch (error) {
    reportMistakes(error);
  }
}
