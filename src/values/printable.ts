/** Controls, and marks that reorder or hide text: they could rewrite the line around them. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Text that came from outside, fit for one line of a log or a terminal. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** A value as JSON that is fit for a terminal: JSON itself has only the controls of ASCII escaped. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(UNPRINTABLE, (character) =>
    Array.from({ length: character.length }, (_, i) => escaped(character.charCodeAt(i))).join(''),
  );
}

function escaped(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

/** The first line that says something, cut to `maxLength` characters. */
export function firstLine(text: string, maxLength: number): string {
  // The cut comes first: the text may be as long as its sender pleases.
  const [line = ''] = text
    .slice(0, 4 * maxLength)
    .trimStart()
    .split(/[\r\n]/, 1);
  return printable(line.length > maxLength ? `${line.slice(0, maxLength)}…` : line.trimEnd());
}
