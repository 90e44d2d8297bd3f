/** Views of lines with rates. From each, a line leads to the next: from a method to its calls. */
export const VIEWS = ['containers', 'sockets', 'methods'] as const;

export type ViewName = (typeof VIEWS)[number];

/** What lines can be ordered by: the largest first, but names from a to z. */
export const ORDERS = ['calls', 'errors', 'unknown', 'bytes', 'mean', 'p50', 'p95', 'p99', 'name'] as const;

export type Order = (typeof ORDERS)[number];

/** What the agent is to choose, by the parameters of its API: one of several values is enough. */
export interface Choice {
  readonly socket: readonly string[];
  readonly container: readonly string[];
  readonly method: readonly string[];
  readonly protocol: readonly string[];
}

/** As many lines as the agent gives at once. */
export const MAX_LINES = 1000;
