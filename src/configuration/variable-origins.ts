import { isDeepStrictEqual } from 'node:util';
import type { Path } from '../values/finding.js';
import type { Signal } from '../values/signal.js';
import { readEnvironment } from './environment.js';
import type { Environment } from './substitution.js';

/** An exporter, as the variables of the specification know it. */
export interface Filled {
  readonly type: string;
  readonly signals: readonly Signal[];
}

/** The OTEL_* variables that a value of an exporter is from, at a path inside it: those without which it would be another. */
export function variablesOf(env: Environment, { type, signals }: Filled, path: Path): string[] {
  const valueIn = (some: Environment) => {
    const values = readEnvironment(some).defaultsOf(type, signals)?.values;
    return path.reduce<unknown>((value, key) => property(value, key), values);
  };
  return decisive(env, valueIn);
}

/** Those that an attribute of the resource is from. */
export function variablesOfResource(env: Environment, name: string): string[] {
  return decisive(env, (some) => readEnvironment(some).resource[name]);
}

function decisive(env: Environment, valueIn: (some: Environment) => unknown): string[] {
  const value = valueIn(env);
  const names = Object.keys(env).filter((name) => name.startsWith('OTEL_'));
  const found = names.filter((name) => !isDeepStrictEqual(valueIn({ ...env, [name]: undefined }), value));
  // Two variables say the same, so that either could be left out.
  return found.length > 0 ? found : names.filter((name) => valueIn({ [name]: env[name] }) !== undefined);
}

function property(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
