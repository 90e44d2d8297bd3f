import { isDeepStrictEqual } from 'node:util';
import {
  type ModuleSettings,
  moduleIn,
  type StrategySettings,
} from '../../../processors/capture/strategies/settings.js';
import { tryStrategy } from '../../../processors/capture/strategies/try-module.js';

/**
 * Tries the modules of strategies, each once, while their failure still keeps the configuration from being used.
 * undefined: nothing is captured of a socket.
 *
 * @throws StrategyError
 */
export async function checkStrategies(strategies: readonly (StrategySettings | undefined)[]): Promise<void> {
  const tried: ModuleSettings[] = [];
  for (const strategy of strategies) {
    const module = strategy === undefined ? undefined : moduleIn(strategy);
    if (module === undefined || tried.some((other) => isDeepStrictEqual(other, module))) continue;
    tried.push(module);
    await tryStrategy(module);
  }
}
