import { CARRIAGE_RETURN, isClosing, LEFT_BRACE, LINE_FEED } from './bytes.js';

/**
 * What an operation must begin and end with to be one or more whole units, of none of which more is kept than of any message: a
 * framer says so of a stream between two units. It need not be shown such an operation, which leaves it as it is.
 */
export const NO_GLANCE = 0;
/** Lines of JSON. A batch is none of them, since more is kept of it. */
export const JSON_LINES = 1;
/** JSON objects, each with a NUL behind it. */
export const JSON_BEFORE_NUL = 2;
/** Anything: each operation is a unit. */
export const ANYTHING = 3;

export type Glance = typeof NO_GLANCE | typeof JSON_LINES | typeof JSON_BEFORE_NUL | typeof ANYTHING;

/** Whether bytes[0, to), of which there is at least one, are whole units at a glance. */
export function areWhole(glance: number, bytes: Uint8Array, to: number): boolean {
  if (glance === JSON_LINES) {
    if (bytes[0] !== LEFT_BRACE || bytes[to - 1] !== LINE_FEED) return false;
    return isClosing(bytes[bytes[to - 2] === CARRIAGE_RETURN ? to - 3 : to - 2]);
  }
  if (glance === JSON_BEFORE_NUL) return bytes[0] === LEFT_BRACE && bytes[to - 1] === 0;
  return glance === ANYTHING;
}
