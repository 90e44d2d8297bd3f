import type { CaptureSettings, StrategySettings } from './settings.js';

/** How many of the messages in a direction are captured. */
export type Share = 'none' | 'some' | 'all';

export interface Coverage {
  readonly send: Share;
  readonly recv: Share;
}

/** What is captured of connections that are captured at all. */
export function coverageOf({ strategy, directions }: CaptureSettings): Coverage {
  const share = (direction: 'send' | 'recv') =>
    directions.includes(direction) ? shareOf(strategy, direction) : 'none';
  return { send: share('send'), recv: share('recv') };
}

function shareOf(strategy: StrategySettings, direction: 'send' | 'recv'): Share {
  switch (strategy.type) {
    case 'size_limit':
      return 'all';
    case 'sampling':
      return strategy.by === 'message' && direction === 'send' ? 'some' : shareOf(strategy.then, direction);
    case 'module':
      return 'some';
  }
}
