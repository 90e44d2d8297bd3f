import { StrategyError, shown, strategyOf } from './module-strategy.js';
import type { ModuleSettings } from './settings.js';
import type { CompleteStrategy } from './strategy.js';

/** A module that waits for something at its top level may wait for ever; this long is enough, in ms. */
export const LOAD_MS = 5000;

/**
 * Imports a strategy's module.
 *
 * @param withinMs how long that may take.
 * @throws StrategyError that names the file.
 */
export async function importModule({ file, url }: ModuleSettings, withinMs = LOAD_MS): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StrategyError(file, `is not loaded after ${withinMs} ms`)), withinMs);
  });
  try {
    return await Promise.race([import(url), late]);
  } catch (error) {
    throw asStrategyError(file, error);
  } finally {
    clearTimeout(timer);
  }
}

/** Makes a strategy of a module that was imported. @throws StrategyError */
export function makeStrategy({ file, options }: ModuleSettings, module: unknown): CompleteStrategy {
  try {
    return strategyOf(file, module, options);
  } catch (error) {
    throw asStrategyError(file, error);
  }
}

/** Loads a strategy's module, as `importModule`, and makes its strategy. */
export async function loadStrategy(settings: ModuleSettings, withinMs = LOAD_MS): Promise<CompleteStrategy> {
  return makeStrategy(settings, await importModule(settings, withinMs));
}

function asStrategyError(file: string, error: unknown): StrategyError {
  if (error instanceof StrategyError) return error;
  return new StrategyError(file, `cannot be loaded: ${shown(error)}`, { cause: error });
}
