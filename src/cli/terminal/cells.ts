import { printable } from '../../values/printable.js';
import { cutToWidth, widthOf } from './width.js';

export type Style = 'plain' | 'dim' | 'red' | 'yellow' | 'bold' | 'inverse';

/** A piece of a line: printable text and its style. */
export interface Cell {
  readonly text: string;
  readonly style: Style;
}

/** Select Graphic Rendition, ECMA-48, section 8.3.117. */
const CODES: Readonly<Record<Style, string>> = {
  plain: '',
  dim: '\x1b[2m',
  red: '\x1b[31m',
  yellow: '\x1b[33m',
  bold: '\x1b[1m',
  inverse: '\x1b[7m',
};
const RESET = '\x1b[0m';

export function cell(text: string, style: Style = 'plain'): Cell {
  return { text, style };
}

/** Text from outside on one line, cut to `maxLength` characters before control characters are escaped. */
export function outsideText(text: string, maxLength: number): string {
  // A character may take two units. One character more tells whether the text is cut.
  const characters = [...text.slice(0, 2 * maxLength + 2)];
  return printable(
    characters.length > maxLength ? `${characters.slice(0, maxLength).join('')}…` : characters.join(''),
  );
}

/** The cells, separated by spaces, cut to `columns` of the terminal. */
export function formatCells(cells: readonly Cell[], settings: { colour: boolean; columns: number }): string {
  let left = settings.columns;
  let line = '';
  for (const { text, style } of cells) {
    const separator = line === '' ? '' : ' ';
    const shown = cutToWidth(text, Math.max(0, left - separator.length));
    left -= separator.length + widthOf(shown);
    line += separator + (settings.colour && style !== 'plain' && shown !== '' ? styled(shown, style) : shown);
  }
  return line.trimEnd();
}

function styled(text: string, style: Style): string {
  return `${CODES[style]}${text}${RESET}`;
}
