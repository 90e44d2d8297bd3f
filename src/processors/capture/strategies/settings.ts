/** A strategy as it travels to a relay thread. */
export type StrategySettings =
  | { type: 'size_limit'; maxBytes: number }
  | { type: 'sampling'; ratio: number; by: 'message' | 'connection'; then: StrategySettings }
  | {
      type: 'module';
      /** File of the module. */
      file: string;
      /** What `import` takes: with the file's time of change, so that a changed one is loaded again. */
      url: string;
      options: Readonly<Record<string, unknown>>;
    };

/** A strategy that is a module of the user's. */
export type ModuleSettings = Extract<StrategySettings, { type: 'module' }>;

/** What is captured of a socket, and how. */
export interface CaptureSettings {
  strategy: StrategySettings;
  /** Protocols whose messages are told apart, the likeliest first. At least one. */
  protocols: readonly string[];
  /** The unit that limits and sampling apply to. */
  per: 'message' | 'operation';
  directions: readonly ('send' | 'recv')[];
  /** Trailing bytes kept beside the leading ones. */
  tailBytes: number;
  /** Which ring the records go to. Sockets of one capture processor share it. */
  ring: { id: string; entries: number; maxBytes: number };
}

/** The settings of the module somewhere in a strategy, if there is one. */
export function moduleIn(strategy: StrategySettings): ModuleSettings | undefined {
  if (strategy.type === 'module') return strategy;
  return strategy.type === 'sampling' ? moduleIn(strategy.then) : undefined;
}
