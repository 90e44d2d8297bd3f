const TOKENS = /[",;]|\\./g;

/**
 * The parts of a header's value between separators, which mean nothing in a quoted string (RFC 9110, section 5.6.4): at
 * most `limit` of them. One pass, however quotes are missing.
 */
export function splitUnquoted(text: string, separator: ',' | ';', limit: number): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    if (token === '"') isQuoted = !isQuoted;
    if (token !== separator || isQuoted) continue;
    parts.push(text.slice(start, index));
    start = index + 1;
    if (parts.length === limit) return parts;
  }
  return [...parts, text.slice(start)];
}
