import { ConfigurationError } from '../configuration/index.js';

/** Writes the warnings and problems of a configuration and sets exit code 1. Rethrows other errors. */
export function reportMistakes(error: unknown): void {
  if (!(error instanceof ConfigurationError)) throw error;
  for (const warning of error.warnings) process.stderr.write(`warning: ${warning}\n`);
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
