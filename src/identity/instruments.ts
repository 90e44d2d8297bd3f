import type { InstrumentGroup } from '../telemetry/instruments.js';
import { UNATTRIBUTED_REASONS } from './process-snapshot.js';

/** Connections that could not be attributed. */
export const ATTRIBUTION_INSTRUMENTS: InstrumentGroup = {
  width: UNATTRIBUTED_REASONS.length,
  instruments: [
    {
      name: 'udscope.attribution.unattributed',
      description: 'Connections of which it could not be found out who made them, by reason.',
      unit: '{connection}',
      kind: 'counter',
      points: UNATTRIBUTED_REASONS.map((reason, i) => ({
        value: (values) => values[i],
        attributes: { reason },
        omitZero: true,
      })),
    },
  ],
};
