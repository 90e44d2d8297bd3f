import { accept, type Parsed, parsedBy, refuse } from './parsed.js';

/** Only permission bits: set-user-id and the like have no meaning on a socket. */
const FILE_MODE = /^0?[0-7]{3}$/;

/**
 * Reads permission bits in octal: `"0660"` or `"660"`.
 *
 * @param otherwise what else is accepted in this place, with a trailing comma: `inherit, `
 */
export function parseFileMode(input: unknown, otherwise = ''): Parsed<number> {
  // YAML has already read 0660 as the decimal number 660, which is not what the user meant.
  if (typeof input === 'number') return refuse('is a number; put the octal mode in quotes, as "0660"');
  if (typeof input === 'string' && FILE_MODE.test(input)) return accept(Number.parseInt(input, 8));
  const or = otherwise === '' ? '' : `${otherwise}or `;
  return refuse(`is not a file mode; give ${or}an octal mode in quotes, as "0660"`);
}

/** Permission bits, given as a string in octal. */
export function fileMode() {
  return parsedBy((input) => parseFileMode(input), { type: 'string', pattern: FILE_MODE.source });
}
