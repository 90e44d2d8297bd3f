import { type ConfigurationOptions, configurationLoader } from './configuration-files.js';
import { serve } from './serve.js';

/** Runs the agent with a configuration file. */
export async function run(options: ConfigurationOptions): Promise<void> {
  await serve(configurationLoader(options));
}
