import { existsSync } from 'node:fs';
import { type LoadedConfiguration, loadConfiguration } from '../configuration/index.js';

/** Where a configuration is looked for when none is named, in this order. */
const DEFAULT_FILES = ['otel-config.yaml', '/etc/udscope/otel-config.yaml'];

export interface ConfigurationOptions {
  config: string[];
  set: string[];
}

/** Loads the named files, else the first default that exists, else the first default, for its error message. */
export function configurationLoader({ config, set }: ConfigurationOptions): () => LoadedConfiguration {
  const files =
    config.length > 0 ? config : [DEFAULT_FILES.find((file) => existsSync(file)) ?? DEFAULT_FILES[0]];
  return () => loadConfiguration({ files, sets: set, env: process.env });
}
