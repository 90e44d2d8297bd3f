import { existsSync } from 'node:fs';
import {
  type ConfigurationSource,
  type LoadedConfiguration,
  loadConfiguration,
} from '../configuration/index.js';

/** Where a configuration is looked for when none is named, in this order. */
const DEFAULT_FILES = ['otel-config.yaml', '/etc/udscope/otel-config.yaml'];

export interface ConfigurationOptions {
  config: string[];
  set: string[];
}

/** The named files, else the first default that exists, else the first default, for its error message. */
export function configurationSource({ config, set }: ConfigurationOptions): ConfigurationSource {
  const files =
    config.length > 0 ? config : [DEFAULT_FILES.find((file) => existsSync(file)) ?? DEFAULT_FILES[0]];
  return { files, sets: set, env: process.env };
}

export function configurationLoader(options: ConfigurationOptions): () => LoadedConfiguration {
  const source = configurationSource(options);
  return () => loadConfiguration(source);
}
