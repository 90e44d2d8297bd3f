import { accept, type Parsed, parsedBy, refuse } from './parsed.js';

/** Permission bits alone: set-user-id and its like mean nothing on a socket. */
const FILE_MODE = /^0?[0-7]{3}$/;

/**
 * Reads permission bits in octal: `"0660"` or `"660"`.
 *
 * @param otherwise what else is accepted in the same place, with a comma: `inherit, `
 */
export function parseFileMode(input: unknown, otherwise = ''): Parsed<number> {
  // YAML has read 0660 as the decimal number 660 by now, and the user meant neither.
  if (typeof input === 'number') return refuse('is a number; put the octal mode in quotes, as "0660"');
  if (typeof input === 'string' && FILE_MODE.test(input)) return accept(Number.parseInt(input, 8));
  const or = otherwise === '' ? '' : `${otherwise}or `;
  return refuse(`is not a file mode; give ${or}an octal mode in quotes, as "0660"`);
}

/** Permission bits, from an octal number as a string. */
export function fileMode() {
  return parsedBy((input) => parseFileMode(input), { type: 'string', pattern: FILE_MODE.source });
}
