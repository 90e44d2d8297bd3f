/** A code point that roff has no character for in ASCII. */
const BEYOND_ASCII = /[^\n -~]/gu;

/** At the beginning of a line these make it a request: groff_man(7). */
const REQUEST = /^(?=[.'])/gm;

/** Text as roff shows it, whatever is in it: `-`, which it would make a hyphen of, is a minus as on a command line. */
export function escapeRoff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(BEYOND_ASCII, (character) => `\\[u${hex(character)}]`)
    .replace(REQUEST, '\\&');
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}

/** Of which manual a page is. */
export interface PageTitle {
  readonly name: string;
  readonly section: 1 | 5;
  readonly version: string;
}

/** A page of its parts. It has no date: the same program has the same pages. */
export function page({ name, section, version }: PageTitle, parts: readonly string[]): string {
  const source = `udscope ${version}`;
  const title = `.TH ${escapeRoff(name.toUpperCase())} ${section} "" "${source}" "udscope"`;
  // Paths and names of metrics are neither stretched nor cut in two.
  return [title, '.ad l', '.nh', ...parts, ''].join('\n');
}

/** Nothing where there is nothing to say. */
export function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`.SH ${title}`, ...lines];
}

/** A name and what is said of it; nothing where that is nothing. */
export function tagged(name: string, says: string): string[] {
  return says === '' ? [] : ['.TP', bold(name), escapeRoff(says)];
}

/** A line in bold. */
export function bold(text: string): string {
  return `\\fB${escapeRoff(text)}\\fR`;
}
