import type { InstrumentGroup } from '../../../src/telemetry/instruments.js';

/** Two counters, one of them with two kinds of points, and an up-down counter: `in`, `out`, `in - out`. */
export const SMALL_GROUP: InstrumentGroup = {
  width: 2,
  instruments: [
    {
      name: 'items.in',
      description: 'Items that came.',
      unit: '{item}',
      kind: 'counter',
      points: [{ value: (values) => values[0] }],
    },
    {
      name: 'items.out',
      description: 'Items that left.',
      unit: '{item}',
      kind: 'counter',
      points: [{ value: (values) => values[1], attributes: { way: 'door' }, omitZero: true }],
    },
    {
      name: 'items.inside',
      description: 'Items that are here.',
      unit: '{item}',
      kind: 'up_down_counter',
      points: [{ value: (values) => values[0] - values[1] }],
    },
  ],
};

/** A row of such a series. */
export function smallRow(itemsIn = 0, itemsOut = 0): Float64Array {
  return Float64Array.of(itemsIn, itemsOut);
}
