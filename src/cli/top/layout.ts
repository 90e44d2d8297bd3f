import { outsideText } from '../terminal/cells.js';
import { shortenToWidth, widthOf } from '../terminal/width.js';
import type { TopColumn } from './columns.js';

/** The most characters of a name that are looked at. */
const MAX_NAME_LENGTH = 512;

/** Columns of the terminal that a name keeps at least. */
const MIN_NAME_WIDTH = 8;

/** Between two columns, on a terminal that is not wider than this, and on one that is. */
const NARROW_COLUMNS = 100;

/** Columns with their widths, and the space between them. */
export interface Layout {
  readonly columns: readonly { readonly column: TopColumn; readonly width: number }[];
  readonly gap: string;
}

/** The text of a name from outside. */
export function nameText(text: string): string {
  return outsideText(text, MAX_NAME_LENGTH);
}

/**
 * Lays out columns in `width` columns of the terminal: those with a rank go first where there is no room, then names share what numbers
 * leave. Numbers stay where they are, whatever the names are.
 *
 * @param names the widest name of each column, in columns of the terminal
 */
export function layOut(columns: readonly TopColumn[], names: readonly number[], width: number): Layout {
  const gap = width <= NARROW_COLUMNS ? ' ' : '  ';
  const shortest = columns.map((column) => column.width ?? MIN_NAME_WIDTH);
  const shown = columnsThatFit(columns, shortest, width, gap.length);
  const gaps = gap.length * Math.max(0, shown.length - 1);
  const room = shown.reduce((left, i) => left - (columns[i]!.width ?? 0), width - gaps);
  const shares = shareOut(
    shown.filter((i) => columns[i]!.width === undefined),
    names,
    room,
  );
  return {
    gap,
    columns: shown.map((i) => ({ column: columns[i]!, width: columns[i]!.width ?? shares.get(i) ?? 0 })),
  };
}

/** A line of cells. */
export function lineOf({ columns, gap }: Layout, textOf: (column: TopColumn) => string): string {
  return columns
    .map(({ column, width }) => {
      const text = shortenToWidth(nameText(textOf(column)), width);
      const space = ' '.repeat(Math.max(0, width - widthOf(text)));
      return column.width === undefined ? text + space : space + text;
    })
    .join(gap);
}

function columnsThatFit(
  columns: readonly TopColumn[],
  shortest: readonly number[],
  width: number,
  gap: number,
): number[] {
  let shown = columns.map((_, i) => i);
  const dropped = shown
    .filter((i) => columns[i]!.rank !== undefined)
    .sort((a, b) => columns[a]!.rank! - columns[b]!.rank!);
  const widthOfShown = () => shown.reduce((sum, i) => sum + shortest[i]! + gap, -gap);
  for (const column of dropped) {
    if (widthOfShown() <= width) break;
    shown = shown.filter((i) => i !== column);
  }
  return shown;
}

/** Gives each name what it needs, takes from the widest until it fits, and gives the last one what is left. */
function shareOut(
  indexes: readonly number[],
  names: readonly number[],
  room: number,
): ReadonlyMap<number, number> {
  const shares = new Map(indexes.map((i) => [i, Math.max(MIN_NAME_WIDTH, names[i] ?? 0)]));
  const sum = () => [...shares.values()].reduce((total, width) => total + width, 0);
  while (sum() > room) {
    const [index, width] = [...shares].reduce((a, b) => (b[1] > a[1] ? b : a), [-1, 0]);
    if (width <= 1) break;
    shares.set(index, width - 1);
  }
  const last = indexes.at(-1);
  if (last !== undefined) shares.set(last, (shares.get(last) ?? 0) + Math.max(0, room - sum()));
  return shares;
}
