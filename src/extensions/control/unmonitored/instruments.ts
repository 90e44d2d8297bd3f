import { UNMONITORED_REASONS } from '../../../api/containers/unmonitored.js';
import type { InstrumentGroup } from '../../../telemetry/instruments.js';

/** What the runtime wrapper reports. */
export const UNMONITORED_INSTRUMENTS: InstrumentGroup = {
  width: UNMONITORED_REASONS.length,
  instruments: [
    {
      name: 'udscope.runtime.unmonitored_containers',
      description:
        'Annotated containers that the runtime wrapper had started although a socket of theirs could not be monitored, by reason.',
      unit: '{container}',
      kind: 'counter',
      points: UNMONITORED_REASONS.map((reason, i) => ({
        value: (values) => values[i],
        attributes: { reason },
        omitZero: true,
      })),
    },
  ],
};
