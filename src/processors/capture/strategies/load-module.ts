import { StrategyError, shown, strategyOf } from './module-strategy.js';
import type { ModuleSettings } from './settings.js';
import type { CompleteStrategy } from './strategy.js';

/** A module that waits for something at its top level may wait for ever; this long is enough, in ms. */
export const LOAD_MS = 5000;

/**
 * Loads a strategy's module and makes its strategy.
 *
 * @param withinMs how long that may take.
 * @throws StrategyError that names the file.
 */
export async function loadStrategy(
  { file, url, options }: ModuleSettings,
  withinMs = LOAD_MS,
): Promise<CompleteStrategy> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StrategyError(file, `is not loaded after ${withinMs} ms`)), withinMs);
  });
  try {
    return strategyOf(file, await Promise.race([import(url), late]), options);
  } catch (error) {
    if (error instanceof StrategyError) throw error;
    throw new StrategyError(file, `cannot be loaded: ${shown(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
