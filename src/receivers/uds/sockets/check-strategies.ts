import { isDeepStrictEqual } from 'node:util';
import { type ModuleSettings, moduleIn } from '../../../processors/capture/strategies/settings.js';
import { tryStrategy } from '../../../processors/capture/strategies/try-module.js';
import type { UdsReceiverSettings } from '../settings.js';

/** Tries the modules of strategies while their failure still keeps the configuration from being used. */
export async function checkStrategies({ config, capture }: UdsReceiverSettings): Promise<void> {
  const tried: ModuleSettings[] = [];
  for (const socket of config.sockets) {
    const strategy = capture?.(socket)?.settings.strategy;
    const module = strategy === undefined ? undefined : moduleIn(strategy);
    if (module === undefined || tried.some((other) => isDeepStrictEqual(other, module))) continue;
    tried.push(module);
    await tryStrategy(module);
  }
}
