import type { Configuration } from './configuration.js';
import { effectiveConfiguration } from './effective-configuration.js';
import { effectiveYaml } from './effective-yaml.js';
import { readEnvironment } from './environment.js';
import { ConfigurationError, formatProblem, type Problem, sortProblems } from './errors.js';
import { readSources } from './sources.js';
import { substitute } from './substitute.js';
import type { Environment } from './substitution.js';
import { validate } from './validate.js';

export interface ConfigurationSource {
  /** Later files go over earlier ones. */
  readonly files: readonly string[];
  /** `KEY.KEY=VALUE` options, over all files. */
  readonly sets: readonly string[];
  readonly env: Environment;
}

export interface LoadedConfiguration {
  readonly config: Configuration;
  /** Those that it was read from. */
  readonly files: readonly string[];
  /** Worth a look, but no reason not to start. */
  readonly warnings: readonly string[];
  /** It, as `printConfiguration` has it, with origins. */
  readonly print: () => string;
}

/**
 * Reads, merges, fills in and checks a configuration.
 *
 * @throws ConfigurationError with every mistake there is.
 */
export function loadConfiguration(source: ConfigurationSource): LoadedConfiguration {
  const checked = check(source);
  const { config, files, warnings } = checked;
  return { config, files, warnings, print: () => print(checked, source, true) };
}

/**
 * The same, as YAML with every default and without secrets; with `origins`, it says behind each value where that is from.
 *
 * @throws ConfigurationError with every mistake there is.
 */
export function printConfiguration(
  source: ConfigurationSource,
  { origins }: { readonly origins: boolean },
): { readonly text: string; readonly warnings: readonly string[] } {
  const checked = check(source);
  return { text: print(checked, source, origins), warnings: checked.warnings };
}

function print(checked: ReturnType<typeof check>, { env }: ConfigurationSource, hasOrigins: boolean): string {
  return effectiveYaml(effectiveConfiguration({ ...checked, env }), hasOrigins);
}

function check({ files, sets, env }: ConfigurationSource) {
  const sources = readSources(files, sets);
  if (sources.incomplete) throw failure(sources.problems, files, []);
  const { root, problems, warnings } = substitute(sources.root, env);
  const early = [...sources.problems, ...problems];
  const { config, components, service, ...result } = validate(root, readEnvironment(env));
  const later = result.problems.filter((problem) => !early.some((known) => isSamePlace(known, problem)));
  if (config === undefined || early.length > 0) throw failure([...early, ...later], files, warnings);
  return { config, files, warnings: unique([...warnings, ...result.warnings]), root, components, service };
}

/** A value that could not be read causes further problems at its place, which are not reported. */
function isSamePlace(a: Problem, b: Problem): boolean {
  return a.file === b.file && a.line === b.line && a.path === b.path;
}

/** Reports each problem once: an id that is listed three times is found twice. */
function failure(problems: readonly Problem[], files: readonly string[], warnings: readonly string[]): Error {
  const byText = new Map(problems.map((problem) => [formatProblem(problem), problem]));
  return new ConfigurationError(sortProblems([...byText.values()], files), unique(warnings));
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
