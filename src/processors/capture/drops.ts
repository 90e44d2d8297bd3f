/** Why something of a client was not read: it was overwritten, because the client had more than its share of the ring, … */
export const DROPPED_BY_OVERWRITING = 0;
/** … or not written, because it had its part of the time in which messages are told apart. */
export const DROPPED_BY_BUDGET = 1;

export type DropReason = typeof DROPPED_BY_OVERWRITING | typeof DROPPED_BY_BUDGET;

/** Their names, as values of `reason`. */
export const DROP_REASONS = ['overwritten', 'framing_budget'] as const;
