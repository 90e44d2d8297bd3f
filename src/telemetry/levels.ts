import { createHash } from 'node:crypto';
import { histogramColumns } from './histogram.js';
import type { InstrumentDefinition, InstrumentGroup, PointDefinition } from './instruments.js';

/** A point that rises and falls, and a column of it that no other kind of instrument reads. */
interface Level {
  readonly point: PointDefinition;
  readonly column: number;
  readonly weight: number;
}

/** How much each column counts in a point, which is a sum or difference of columns. */
function weightsOf({ value }: PointDefinition, width: number): number[] {
  const values = new Float64Array(width);
  return Array.from({ length: width }, (_, column) => {
    values.fill(0);
    values[column] = 1;
    return value(values);
  });
}

/** The columns that only grow: those of counters and histograms. */
function growingColumns({ instruments, width }: InstrumentGroup): Set<number> {
  const columns = new Set<number>();
  for (const instrument of instruments) {
    if (instrument.kind === 'up_down_counter') continue;
    for (const point of instrument.points) {
      weightsOf(point, width).forEach((weight, column) => {
        if (weight !== 0) columns.add(column);
      });
    }
    if (instrument.kind !== 'histogram') continue;
    for (const { firstColumn } of instrument.points) {
      columns.add(firstColumn + histogramColumns(instrument.boundaries) - 1);
    }
  }
  return columns;
}

function levelsOf(group: InstrumentGroup): Level[] {
  const growing = growingColumns(group);
  const levels: Level[] = [];
  for (const { kind, points } of group.instruments) {
    for (const point of kind === 'up_down_counter' ? points : []) {
      const weights = weightsOf(point, group.width);
      const column = weights.findIndex((weight, i) => weight !== 0 && !growing.has(i));
      if (column >= 0) levels.push({ point, column, weight: weights[column] });
    }
  }
  return levels;
}

const LEVELS = new WeakMap<InstrumentGroup, Level[]>();

/** Takes from a row of these instruments all that may fall, as open connections. What only grows stays. */
export function emptyLevels(group: InstrumentGroup, row: Float64Array): void {
  const levels = LEVELS.get(group) ?? levelsOf(group);
  LEVELS.set(group, levels);
  for (const { point, column, weight } of levels) row[column] -= point.value(row) / weight;
}

/** The same for groups whose rows mean the same, column by column. */
export function layoutOf(group: InstrumentGroup): string {
  const describe = (instrument: InstrumentDefinition) => ({
    name: instrument.name,
    unit: instrument.unit,
    kind: instrument.kind,
    boundaries: instrument.kind === 'histogram' ? instrument.boundaries : [],
    points: instrument.points.map((point) => [point.attributes ?? {}, weightsOf(point, group.width)]),
  });
  const text = JSON.stringify([group.width, group.instruments.map(describe)]);
  return createHash('sha256').update(text).digest('hex');
}
