import type { Loss } from '../api/status-schema.js';
import { collectTables } from '../telemetry/collect-tables.js';
import type { InstrumentDefinition } from '../telemetry/instruments.js';
import type { SeriesTable } from '../telemetry/series-table.js';

/** The instruments that count what was lost, refused or not understood. Exporters tell of themselves. */
const LOSSES: ReadonlySet<string> = new Set([
  'uds.connection.errors',
  'udscope.attribution.unattributed',
  'udscope.capture.dropped_records',
  'udscope.capture.faults',
  'udscope.enrich.client_losses',
  'udscope.enrich.dropped_log_records',
  'udscope.enrich.dropped_spans',
  'udscope.enrich.faults',
  'udscope.enrich.restarts',
  'udscope.enrich.spilled_series',
  'udscope.enrich.unanswered_calls',
  'udscope.enrich.undecodable',
  'udscope.enrich.unknown_outcomes',
  'udscope.enrich.unmatched_responses',
  'udscope.log.dropped_lines',
  'udscope.relay.dropped_descriptors',
  'udscope.relay.failures',
  'udscope.ring.overwritten_records',
  'udscope.runtime.unmonitored_containers',
]);

/** Attributes of which one says why, or of what kind. */
const REASONS = ['reason', 'error.type', 'reader', 'uds.direction'];

/** What tables have counted of losses, by instrument and reason. What an ended container lost is gone with its series. */
export function lossesIn(tables: readonly SeriesTable[]): Loss[] {
  const counting = tables.filter(({ group }) => group.instruments.some(isLoss));
  const counts = new Map<string, Loss>();
  for (const { group, collected } of collectTables(counting, Date.now).groups) {
    for (const instrument of group.instruments.filter(isLoss)) {
      for (const { series, cumulative } of collected) {
        for (const point of instrument.points) {
          const value = cumulative === undefined ? 0 : point.value(cumulative.values);
          if (value > 0) add(counts, instrument.name, series.attributesOf(point), value);
        }
      }
    }
  }
  return [...counts.values()].sort(byName);
}

function isLoss({ name }: InstrumentDefinition): boolean {
  return LOSSES.has(name);
}

function add(
  counts: Map<string, Loss>,
  instrument: string,
  attributes: Readonly<Record<string, unknown>>,
  value: number,
): void {
  const found = REASONS.map((name) => attributes[name]).find((each) => each !== undefined);
  const reason = found === undefined ? undefined : String(found);
  const key = `${instrument} ${reason}`;
  const count = (counts.get(key)?.count ?? 0) + value;
  counts.set(key, { instrument, ...(reason === undefined ? {} : { reason }), count });
}

function byName(a: Loss, b: Loss): number {
  return a.instrument === b.instrument
    ? (a.reason ?? '').localeCompare(b.reason ?? '')
    : a.instrument.localeCompare(b.instrument);
}
