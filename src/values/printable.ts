/** Control characters, and marks that reorder or hide text: they could falsify the line around them. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Escapes untrusted text for one line of a log or a terminal. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** Whether `printable` leaves a text as it is. */
export function isPrintable(text: string): boolean {
  return text.search(UNPRINTABLE) < 0;
}

/** A value as JSON for a terminal. JSON itself only escapes ASCII control characters. */
export function printableJson(value: unknown): string {
  return escapedInQuotes(JSON.stringify(value));
}

/** JSON or YAML without unprintable characters, all of which are in double quotes; but for line feeds, which separate its lines. */
export function escapedInQuotes(text: string): string {
  return text.replace(UNPRINTABLE, (character) =>
    character === '\n'
      ? character
      : Array.from({ length: character.length }, (_, i) => escaped(character.charCodeAt(i))).join(''),
  );
}

function escaped(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

/** The first line that is not blank, cut to `maxLength` characters. */
export function firstLine(text: string, maxLength: number): string {
  // Cut first, because the sender decides how long the text is.
  const [line = ''] = text
    .slice(0, 4 * maxLength)
    .trimStart()
    .split(/[\r\n]/, 1);
  return printable(line.length > maxLength ? `${line.slice(0, maxLength)}…` : line.trimEnd());
}
