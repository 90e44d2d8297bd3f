import type { Direction } from '../../../protocols/direction.js';
import { type CaptureStrategy, type CompleteStrategy, SKIP } from './strategy.js';

/** A strategy's module could not be loaded, or does something that a strategy may not. */
export class StrategyError extends Error {
  override readonly name = 'StrategyError';
  readonly code = 'UDSCOPE_STRATEGY';

  constructor(
    readonly file: string,
    readonly problem: string,
    options?: ErrorOptions,
  ) {
    super(`${file}: ${problem}`, options);
  }
}

/** As much of a value as fits a message. */
const MAX_SHOWN = 100;

/** A strategy that was not written here: what it returns is looked at before it is used. */
class CheckedStrategy implements CompleteStrategy {
  readonly #file: string;
  readonly #strategy: CaptureStrategy;

  constructor(file: string, strategy: CaptureStrategy) {
    this.#file = file;
    this.#strategy = strategy;
  }

  // Without closures: `keep` is called for every message.
  keep(bytes: number, direction: Direction, connection: number): number {
    let kept: unknown;
    try {
      kept = this.#strategy.keep(bytes, direction, connection);
    } catch (error) {
      throw this.#thrown('keep', error);
    }
    if (typeof kept === 'number' && kept >= SKIP && (Math.floor(kept) === kept || kept === Infinity))
      return kept;
    throw this.#nonsense('keep', kept, 'give a whole number of bytes, Infinity, or -1 to skip');
  }

  takesConnection(connection: number): boolean {
    let takes: unknown;
    try {
      takes = this.#strategy.takesConnection?.(connection) ?? true;
    } catch (error) {
      throw this.#thrown('takesConnection', error);
    }
    if (typeof takes === 'boolean') return takes;
    throw this.#nonsense('takesConnection', takes, 'give true or false');
  }

  weight(direction: Direction): number {
    let weight: unknown;
    try {
      weight = this.#strategy.weight?.(direction) ?? 1;
    } catch (error) {
      throw this.#thrown('weight', error);
    }
    if (typeof weight === 'number' && weight >= 1 && weight < Infinity) return weight;
    throw this.#nonsense('weight', weight, 'give a number of at least 1');
  }

  #thrown(name: string, error: unknown): StrategyError {
    return new StrategyError(this.#file, `${name} threw ${shown(error)}`, { cause: error });
  }

  #nonsense(name: string, value: unknown, accepted: string): StrategyError {
    return new StrategyError(this.#file, `${name} returned ${shown(value)}; ${accepted}`);
  }
}

/**
 * Makes a strategy of a module. Every call of it throws a StrategyError that names `file` when the strategy
 * throws, or returns what it may not.
 *
 * @throws StrategyError when the module makes none.
 */
export function strategyOf(
  file: string,
  module: unknown,
  options: Readonly<Record<string, unknown>>,
): CompleteStrategy {
  const create = (module as { default?: unknown }).default;
  if (typeof create !== 'function') {
    throw new StrategyError(
      file,
      'has no default export that is a function: (options) => ({ keep(…) { … } })',
    );
  }
  let strategy: unknown;
  try {
    strategy = create(options);
  } catch (error) {
    throw new StrategyError(file, `its default export threw ${shown(error)}`, { cause: error });
  }
  if (!isStrategy(strategy)) {
    throw new StrategyError(
      file,
      `its default export returned ${shown(strategy)}; give an object with a method keep`,
    );
  }
  return new CheckedStrategy(file, strategy);
}

function isStrategy(value: unknown): value is CaptureStrategy {
  if (typeof value !== 'object' || value === null) return false;
  const { keep, takesConnection = ok, weight = ok } = value as Record<string, unknown>;
  return [keep, takesConnection, weight].every((method) => typeof method === 'function');
}

const ok = () => undefined;

/** A value that a module has thrown or returned, whatever it is, as a part of a message. */
export function shown(value: unknown): string {
  let text: string;
  try {
    text = value instanceof Error ? `${value.name}: ${value.message}` : `${typeof value} ${String(value)}`;
  } catch {
    text = `a ${typeof value}`;
  }
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
