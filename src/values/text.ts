import { accept, type Parsed, parsedBy, refuse } from './parsed.js';

/** Refusal of a value that is not a string, with the way to make it one in YAML. */
export const NOT_TEXT = 'is not a string; put it in quotes';

function parseText(input: unknown): Parsed<string> {
  if (typeof input !== 'string') return refuse(NOT_TEXT);
  return input === '' ? refuse('is empty') : accept(input);
}

/** A string of at least one character. */
export function text() {
  return parsedBy(parseText, { type: 'string', minLength: 1 });
}

/** A regular expression, which is compiled. */
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

/** V8 says `Invalid regular expression: /(/: Unterminated group`. Only the last part is new to the user. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.slice(message.lastIndexOf(': ') + 2).toLowerCase();
}
