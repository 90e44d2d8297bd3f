import type { ConfiguredComponent, Finding, Path } from '../../values/finding.js';
import { fields, type UnknownMap } from '../../values/map.js';

/*
 * What the schema of a capture processor does not see: keys that belong to another strategy than the one that is
 * chosen, where they would do nothing, and keys that the chosen one cannot do without.
 */

interface StrategyKeys {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

const KEYS: Readonly<Record<string, StrategyKeys>> = {
  full: { required: [], optional: [] },
  size_limit: { required: [], optional: ['max_bytes'] },
  sampling: { required: ['ratio'], optional: ['by', 'then'] },
  no_data: { required: [], optional: [] },
  module: { required: ['module'], optional: ['options'] },
};

const DEFAULT_STRATEGY = 'size_limit';

const FULL_IS_WHOLE = 'does nothing with full, which cuts no message';

export function checkCaptureProcessors(processors: readonly ConfiguredComponent[]): Finding[] {
  return processors.flatMap(({ path, body }) => {
    const map = fields(body);
    const strategy = map['strategy'] ?? DEFAULT_STRATEGY;
    const findings = checkKeys(map, path, strategy);
    return strategy === 'sampling' ? [...findings, ...checkSampling(map, path)] : findings;
  });
}

/** Finds keys of a processor that is used that do nothing beside others. */
export function warnOfCapture({ path, body }: ConfiguredComponent): Finding[] {
  const map = fields(body);
  const { strategy = DEFAULT_STRATEGY, ratio, tail_bytes: tailBytes, per } = map;
  const last = strategy === 'sampling' ? fields(map['then'])['strategy'] : strategy;
  const found: [key: string, isUseless: boolean, message: string][] = [
    ['ratio', ratio === 1, 'takes everything: that is no sampling'],
    ['tail_bytes', last === 'full' && isSome(tailBytes), FULL_IS_WHOLE],
    ['per', strategy === 'full' && per === 'operation', FULL_IS_WHOLE],
  ];
  return found.flatMap(([key, isUseless, message]) =>
    isUseless ? [{ path: [...path, key], message: `${String(map[key])} ${message}` }] : [],
  );
}

function isSome(size: unknown): boolean {
  return size !== undefined && size !== null && size !== 0;
}

function checkSampling(map: UnknownMap, path: Path): Finding[] {
  const then = map['then'] === undefined ? [] : checkThen(fields(map['then']), [...path, 'then']);
  const { by = 'message', directions } = map;
  // Answers are all taken: without what is sent there is nothing to take a part of.
  const isUseless = by === 'message' && Array.isArray(directions) && !directions.includes('send');
  if (!isUseless) return then;
  const message =
    'has nothing that is sampled by message, which is what is sent; add send, or give by: connection';
  return [...then, { path: [...path, 'directions'], message }];
}

function checkThen(then: UnknownMap, path: Path): Finding[] {
  return checkKeys(then, path, then['strategy']);
}

function checkKeys(map: UnknownMap, path: Path, strategy: unknown): Finding[] {
  const own = typeof strategy === 'string' && Object.hasOwn(KEYS, strategy) ? KEYS[strategy] : undefined;
  // The schema speaks of an unknown strategy.
  if (own === undefined) return [];
  const missing = own.required
    .filter((key) => map[key] === undefined)
    .map((key) => ({ path: [...path, key], message: `is missing; strategy ${strategy} needs it` }));
  const useless = Object.keys(map).flatMap((key) => {
    const owner = ownerOf(key);
    if (owner === undefined || owner === strategy) return [];
    const message = `is a key of strategy ${owner} and does nothing with ${strategy}`;
    return [{ path: [...path, key], ofKey: true, message }];
  });
  return [...missing, ...useless];
}

function ownerOf(key: string): string | undefined {
  const owner = Object.entries(KEYS).find(([, keys]) => [...keys.required, ...keys.optional].includes(key));
  return owner?.[0];
}
