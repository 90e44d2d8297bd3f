import { ConnectionSampling, MessageSampling, type Random } from './sampling.js';
import type { StrategySettings } from './settings.js';
import { SizeLimit } from './size-limit.js';
import type { CompleteStrategy } from './strategy.js';

/** The strategy that `settings` describe. `loaded`: that of the module in them, if they have one. `random`: by what sampling chooses. */
export function createStrategy(
  settings: StrategySettings,
  loaded?: CompleteStrategy,
  random: Random = Math.random,
): CompleteStrategy {
  switch (settings.type) {
    case 'size_limit':
      return new SizeLimit(settings.maxBytes);
    case 'sampling': {
      const then = createStrategy(settings.then, loaded, random);
      return settings.by === 'connection'
        ? new ConnectionSampling(settings.ratio, then, random)
        : new MessageSampling(settings.ratio, then, random);
    }
    case 'module':
      if (loaded === undefined) throw new Error(`${settings.file} was not loaded`);
      return loaded;
  }
}
