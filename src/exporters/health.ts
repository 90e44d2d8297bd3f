import { columnPoint, type InstrumentGroup } from '../metrics/instruments.js';
import type { SeriesTable } from '../metrics/series-table.js';

/** Why an export failed, as values of `reason`. */
export const EXPORT_FAILURES = [
  /** No answer within the timeout. */
  'timeout',
  /** No connection: refused, reset, no such host or socket. */
  'unreachable',
  /** The destination asked to come back later (429, 502, 503, 504). */
  'unavailable',
  /** Any other answer that is not a success; trying again would not help. */
  'refused',
  /** The answer, or what was to be sent, could not be understood. */
  'malformed',
] as const;

export type ExportFailure = (typeof EXPORT_FAILURES)[number];

const EXPORTED_POINTS = 0;
const REJECTED_POINTS = 1;
const FIRST_FAILURE = 2;

/** How the exporters themselves fare. */
export const EXPORT_INSTRUMENTS: InstrumentGroup = {
  width: FIRST_FAILURE + EXPORT_FAILURES.length,
  instruments: [
    {
      name: 'udscope.export.data_points',
      description: 'Data points the destination accepted.',
      unit: '{data_point}',
      kind: 'counter',
      points: columnPoint(EXPORTED_POINTS),
    },
    {
      name: 'udscope.export.rejected_data_points',
      description: 'Data points the destination rejected in an otherwise successful export.',
      unit: '{data_point}',
      kind: 'counter',
      points: columnPoint(REJECTED_POINTS),
    },
    {
      name: 'udscope.export.failures',
      description: 'Export attempts that failed, by reason.',
      unit: '{attempt}',
      kind: 'counter',
      points: EXPORT_FAILURES.map((reason, i) => ({
        value: (values) => values[FIRST_FAILURE + i],
        attributes: { reason },
        omitZero: true,
      })),
    },
  ],
};

/** Counts of one exporter, a series of its own in the table of EXPORT_INSTRUMENTS. */
export class ExportHealth {
  readonly #row = new Float64Array(EXPORT_INSTRUMENTS.width);
  readonly #close: () => void;

  constructor(table: SeriesTable, exporterId: string) {
    const handle = table.open({ exporter: exporterId });
    handle.attach([this.#row]);
    this.#close = () => handle.close();
  }

  countExported(points: number): void {
    this.#row[EXPORTED_POINTS] += points;
  }

  countRejected(points: number): void {
    this.#row[REJECTED_POINTS] += points;
  }

  countFailure(reason: ExportFailure): void {
    this.#row[FIRST_FAILURE + EXPORT_FAILURES.indexOf(reason)] += 1;
  }

  close(): void {
    this.#close();
  }
}
