import stringWidth from 'string-width';

const ELLIPSIS = '…';

/** What a person sees as one character may be several code points, as a letter and its accents. */
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The columns of stdout now, which change with the window. Nothing is cut where it is no terminal: a script wants all. */
export function terminalWidth(): number {
  return (process.stdout.isTTY && process.stdout.columns) || Number.POSITIVE_INFINITY;
}

/** The columns that printable text takes on a terminal. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

/** The beginning of the text that takes at most `width` columns. No character is cut in two. */
export function cutToWidth(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let left = width;
  let shown = '';
  for (const { segment } of graphemes.segment(text)) {
    left -= widthOf(segment);
    if (left < 0) break;
    shown += segment;
  }
  return shown;
}

/** Leaves out the middle of what is wider than `width`: names that begin or end alike can still be told apart. */
export function shortenToWidth(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const room = Math.max(0, width - 1);
  const tail = lastOfWidth(text, Math.floor(room / 2));
  return cutToWidth(text, room - widthOf(tail)) + ELLIPSIS + tail;
}

function lastOfWidth(text: string, width: number): string {
  let left = width;
  let shown = '';
  for (const { segment } of [...graphemes.segment(text)].reverse()) {
    left -= widthOf(segment);
    if (left < 0) break;
    shown = segment + shown;
  }
  return shown;
}
