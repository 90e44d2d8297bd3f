import { ConfigurationError } from '../configuration/errors.js';

/** Writes what is wrong with a configuration, and what may explain it, and has the process exit with 1. Other errors are thrown on. */
export function reportMistakes(error: unknown): void {
  if (!(error instanceof ConfigurationError)) throw error;
  for (const warning of error.warnings) process.stderr.write(`warning: ${warning}\n`);
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
