import { type BatchObservableCallback, type Meter, type Observable, ValueType } from '@opentelemetry/api';
import type { InstrumentDefinition, SumDefinition } from './instruments.js';
import type { SeriesTable } from './series-table.js';

/**
 * Puts a table's counters on a Meter as observable ones, for programs with an SDK of their own. Histograms
 * are left out: the OpenTelemetry API has none that could be observed.
 *
 * The SDK has limits of its own: opentelemetry-js goes on exporting attribute sets that are no longer observed, and
 * caps them. SeriesProducer has neither limit.
 *
 * @returns a function that takes the observations away again.
 */
export function observeTable(table: SeriesTable, meter: Meter): () => void {
  const instruments = table.group.instruments.filter(isSum);
  const observables = instruments.map((instrument) => createObservable(meter, instrument));
  const callback: BatchObservableCallback = (observer) => {
    for (const { series, totals } of table.readings()) {
      instruments.forEach((instrument, index) => {
        for (const point of instrument.points) {
          const value = point.value(totals);
          const { everCounted = point.value } = point;
          if (value === 0 && point.omitZero === true && everCounted(totals) === 0) continue;
          observer.observe(observables[index], value, series.attributesOf(point));
        }
      });
    }
  };
  meter.addBatchObservableCallback(callback, observables);
  return () => meter.removeBatchObservableCallback(callback, observables);
}

function isSum(instrument: InstrumentDefinition): instrument is SumDefinition {
  return instrument.kind !== 'histogram';
}

function createObservable(meter: Meter, { name, description, unit, kind }: SumDefinition): Observable {
  const options = { description, unit, valueType: ValueType.INT };
  return kind === 'counter'
    ? meter.createObservableCounter(name, options)
    : meter.createObservableUpDownCounter(name, options);
}
