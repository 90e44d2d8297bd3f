import { accept, type Parsed, parsedBy, refuse } from './parsed.js';

/** Why something is not text, and how YAML is told that it is. */
export const NOT_TEXT = 'is not a string; put it in quotes';

export function parseText(input: unknown): Parsed<string> {
  if (typeof input !== 'string') return refuse(NOT_TEXT);
  return input === '' ? refuse('is empty') : accept(input);
}

/** A string of at least one character. */
export function text() {
  return parsedBy(parseText, { type: 'string', minLength: 1 });
}

/** A regular expression, compiled. */
export function regularExpression() {
  const parse = (input: unknown): Parsed<RegExp> => {
    const parsed = parseText(input);
    if (!parsed.ok) return parsed;
    try {
      return accept(new RegExp(parsed.value));
    } catch (error) {
      return refuse(`is not a regular expression: ${reason(error)}`);
    }
  };
  return parsedBy(parse, { type: 'string', format: 'regex' });
}

/** The engine says `Invalid regular expression: /(/: Unterminated group`; only the end is news. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.slice(message.lastIndexOf(': ') + 2).toLowerCase();
}
