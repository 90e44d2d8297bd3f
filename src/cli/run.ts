import { loadConfiguration } from '../configuration/load.js';
import { type ConfigurationOptions, configurationFiles } from './configuration-files.js';
import { serve } from './serve.js';

/** Runs the agent with a configuration file. */
export async function run(options: ConfigurationOptions): Promise<void> {
  const files = configurationFiles(options);
  await serve(() => loadConfiguration({ files, sets: options.set, env: process.env }));
}
