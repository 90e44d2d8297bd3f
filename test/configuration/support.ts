import assert from 'node:assert/strict';
import { ConfigurationError } from '../../src/configuration/errors.js';
import { type LoadedConfiguration, loadConfiguration } from '../../src/configuration/load.js';
import { repositoryPath } from '../support/paths.js';

export const CASES = repositoryPath('test', 'configuration', 'cases');

export interface LoadOptions {
  sets?: readonly string[];
  env?: Readonly<Record<string, string>>;
}

/** Loads files of the folder of cases, by their names without `.yaml`. */
export function load(names: readonly string[], options: LoadOptions = {}): LoadedConfiguration {
  const files = names.map((name) => `${CASES}/${name}.yaml`);
  return loadConfiguration({ files, sets: options.sets ?? [], env: options.env ?? {} });
}

/** The lines that a user sees for a configuration that is refused, with files named as in the folder. */
export function mistakes(names: readonly string[], options: LoadOptions = {}): string[] {
  return refusal(() => load(names, options))
    .message.replaceAll(`${CASES}/`, '')
    .split('\n');
}

/** Configurations of components by id. */
export function configsOf(
  components: ReadonlyMap<string, { readonly config: unknown }>,
): Record<string, unknown> {
  return Object.fromEntries([...components].map(([id, { config }]) => [id, config]));
}

export function refusal(action: () => unknown): ConfigurationError {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, `not a ConfigurationError: ${String(error)}`);
    return error;
  }
  return assert.fail('the configuration was accepted');
}
