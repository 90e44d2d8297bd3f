import * as z from 'zod';
import { positiveDuration } from '../../values/duration.js';

export const debugExporterSchema = z.strictObject({
  verbosity: z
    .enum(['basic', 'normal', 'detailed'])
    .prefault('basic')
    .describe('How much is printed: a count, a line for each series, span and log record, or all there is.'),
  interval: positiveDuration()
    .prefault('10s')
    .describe('Time between two prints of metrics or counts. Longer than 0s.'),
});

export type DebugExporterConfig = z.output<typeof debugExporterSchema>;
