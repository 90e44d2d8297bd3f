import { ConfigurationError } from '../configuration/index.js';
import { StartError } from '../service/start-error.js';

/** Writes the warnings and problems of a configuration and sets exit code 1. Rethrows other errors. */
export function reportMistakes(error: unknown): void {
  if (!(error instanceof ConfigurationError || error instanceof StartError)) throw error;
  const warnings = error instanceof ConfigurationError ? error.warnings : [];
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
