import { outsideText } from './cells.js';

/** A column of a table: its title, and whether its numbers stand one below the other. */
export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** Characters of a cell that are shown: no path of a socket, and no id of a container, is longer. */
const MAX_CELL_LENGTH = 128;

/** Rows below titles, columns two spaces apart, as lines. Text from outside may be in any cell. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map(({ title }) => title);
  const lines = [titles, ...rows].map((row) => row.map((text) => outsideText(text, MAX_CELL_LENGTH)));
  const widths = columns.map((_, i) => lines.reduce((width, row) => Math.max(width, lengthOf(row[i])), 0));
  const format = (row: readonly string[]) =>
    row.map((text, i) => padded(text, widths[i]!, columns[i]!.align)).join('  ');
  return lines.map((row) => `${format(row).trimEnd()}\n`).join('');
}

/** In characters, of which a string may need two units for one. */
function lengthOf(text = ''): number {
  return [...text].length;
}

function padded(text: string, width: number, align: Column['align']): string {
  const space = ' '.repeat(width - lengthOf(text));
  return align === 'left' ? text + space : space + text;
}
