import { existsSync } from 'node:fs';

/** Where a configuration is looked for when none is named, in this order. */
const DEFAULT_FILES = ['otel-config.yaml', '/etc/udscope/otel-config.yaml'];

export interface ConfigurationOptions {
  config: string[];
  set: string[];
}

/** The named files, else the first default that exists, else the first default, for its error message. */
export function configurationFiles({ config }: ConfigurationOptions): string[] {
  if (config.length > 0) return config;
  return [DEFAULT_FILES.find((file) => existsSync(file)) ?? DEFAULT_FILES[0]];
}
