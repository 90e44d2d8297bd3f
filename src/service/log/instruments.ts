import type { InstrumentGroup } from '../../telemetry/instruments.js';

/** Why a line of the log was dropped, as values of `reason`. */
export const LOG_DROPS = [
  /** The reader is slower than the log. */
  'backlog',
  /** The disk is full. */
  'ENOSPC',
  /** The reader has gone. */
  'EPIPE',
  /** The terminal is gone, or the disk has failed. */
  'EIO',
  '_OTHER',
] as const;

export type LogDrop = (typeof LOG_DROPS)[number];

export function logDropColumn(reason: LogDrop): number {
  return LOG_DROPS.indexOf(reason);
}

/** How the log fares. */
export const LOG_INSTRUMENTS: InstrumentGroup = {
  width: LOG_DROPS.length,
  instruments: [
    {
      name: 'udscope.log.dropped_lines',
      description: 'Lines of the log that could not be written, by reason.',
      unit: '{line}',
      kind: 'counter',
      points: LOG_DROPS.map((reason, column) => ({
        value: (values: Float64Array) => values[column],
        attributes: { reason },
        omitZero: true,
      })),
    },
  ],
};
