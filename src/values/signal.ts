/** What a pipeline carries, in the words of the configuration. */
export const SIGNALS = ['metrics', 'traces'] as const;

export type Signal = (typeof SIGNALS)[number];
