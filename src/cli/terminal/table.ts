import { outsideText } from './cells.js';
import { shortenToWidth, widthOf } from './width.js';

/** A column of a table. Numbers are aligned to the right, and never shortened. */
export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Columns with a rank are left out where the terminal is too narrow, the lowest rank first. */
  readonly rank?: number;
}

/** Characters shown of a cell. Paths of sockets and ids of containers are shorter. */
const MAX_CELL_LENGTH = 128;

/** Columns of the terminal that a shortened text keeps at least. */
const MIN_TEXT_WIDTH = 8;

const GAP = '  ';

/**
 * Titles and rows as lines, columns two spaces apart, in at most `width` columns of the terminal if that can be: first
 * columns with a rank go, then the widest texts are shortened. Any cell may hold text from outside.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string {
  const titles = columns.map(({ title }) => title);
  const lines = [titles, ...rows].map((row) => row.map((text) => outsideText(text, MAX_CELL_LENGTH)));
  const widths = columns.map((_, i) => lines.reduce((most, row) => Math.max(most, widthOf(row[i] ?? '')), 0));
  const shown = columnsThatFit(columns, widths, width);
  shrinkToFit(shown, { columns, widths, width });
  const format = (row: readonly string[]) =>
    shown.map((i) => padded(row[i] ?? '', widths[i]!, columns[i]!.align)).join(GAP);
  return lines.map((row) => `${format(row).trimEnd()}\n`).join('');
}

/** The indexes of the columns that there is room for, all texts as short as they may be. */
function columnsThatFit(columns: readonly Column[], widths: readonly number[], width: number): number[] {
  const shortest = columns.map(({ align }, i) =>
    align === 'left' ? Math.min(widths[i]!, MIN_TEXT_WIDTH) : widths[i]!,
  );
  let shown = columns.map((_, i) => i);
  const dropped = shown
    .filter((i) => columns[i]!.rank !== undefined)
    .sort((a, b) => columns[a]!.rank! - columns[b]!.rank!);
  for (const column of dropped) {
    if (lineWidth(shown, shortest) <= width) break;
    shown = shown.filter((i) => i !== column);
  }
  return shown;
}

/** Takes from the widest text until the line fits, or all texts are as short as they may be. */
function shrinkToFit(
  shown: readonly number[],
  { columns, widths, width }: { columns: readonly Column[]; widths: number[]; width: number },
): void {
  const texts = shown.filter((i) => columns[i]!.align === 'left');
  while (texts.length > 0 && lineWidth(shown, widths) > width) {
    const widest = texts.reduce((a, b) => (widths[b]! > widths[a]! ? b : a));
    if (widths[widest]! <= MIN_TEXT_WIDTH) return;
    widths[widest]! -= 1;
  }
}

function lineWidth(shown: readonly number[], widths: readonly number[]): number {
  return shown.reduce((sum, i) => sum + widths[i]!, 0) + GAP.length * Math.max(0, shown.length - 1);
}

function padded(text: string, width: number, align: Column['align']): string {
  const shown = align === 'left' ? shortenToWidth(text, width) : text;
  const space = ' '.repeat(Math.max(0, width - widthOf(shown)));
  return align === 'left' ? shown + space : space + shown;
}
