import { existsSync } from 'node:fs';

/** Where a configuration is looked for when none is named, in this order. */
export const DEFAULT_FILES = ['otel-config.yaml', '/etc/udscope/otel-config.yaml'];

export interface ConfigurationOptions {
  config: string[];
  set: string[];
}

/** The files to load: those named, or the first default that exists, or the first default for its error. */
export function configurationFiles({ config }: ConfigurationOptions): string[] {
  if (config.length > 0) return config;
  return [DEFAULT_FILES.find((file) => existsSync(file)) ?? DEFAULT_FILES[0]];
}
