import { outsideText } from './cells.js';

/** A column of a table. Numbers are aligned to the right. */
export interface Column {
  readonly title: string;
  readonly align: 'left' | 'right';
}

/** Characters shown of a cell. Paths of sockets and ids of containers are shorter. */
const MAX_CELL_LENGTH = 128;

/** Titles and rows as lines, columns two spaces apart. Any cell may hold text from outside. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map(({ title }) => title);
  const lines = [titles, ...rows].map((row) => row.map((text) => outsideText(text, MAX_CELL_LENGTH)));
  const widths = columns.map((_, i) => lines.reduce((width, row) => Math.max(width, lengthOf(row[i])), 0));
  const format = (row: readonly string[]) =>
    row.map((text, i) => padded(text, widths[i]!, columns[i]!.align)).join('  ');
  return lines.map((row) => `${format(row).trimEnd()}\n`).join('');
}

/** In characters; one may take two units of a string. */
function lengthOf(text = ''): number {
  return [...text].length;
}

function padded(text: string, width: number, align: Column['align']): string {
  const space = ' '.repeat(width - lengthOf(text));
  return align === 'left' ? text + space : space + text;
}
