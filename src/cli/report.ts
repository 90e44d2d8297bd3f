import { ConfigurationError } from '../service/configuration/errors.js';

/** Writes what is wrong with a configuration and has the process exit with 1. Other errors are thrown on. */
export function reportMistakes(error: unknown): void {
  if (!(error instanceof ConfigurationError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
