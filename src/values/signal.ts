/** Signals that a pipeline can carry, as named in the configuration. */
export const SIGNALS = ['metrics', 'traces', 'logs'] as const;

export type Signal = (typeof SIGNALS)[number];
