/** A pattern in which * stands for any characters, or none: the texts around its stars. */
export type Glob = readonly string[];

export function parseGlob(pattern: string): Glob {
  return pattern.split('*');
}

/**
 * Whether the pattern matches all of `text`. The leftmost place for each piece is as good as any other, so nothing is tried twice, unlike
 * in a regular expression with many stars.
 */
export function globMatches(glob: Glob, text: string): boolean {
  const [first = '', ...rest] = glob;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - at >= last.length && text.endsWith(last);
}
