import type { CallId } from './protocol.js';

const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** What tells the text `1` from the number, in ids of protocols that have both. */
const TEXT_MARK = '"';

/**
 * The id that is the same but for its type: programs answer the number 4294967296 with the text "4294967296", and the other
 * way round. undefined where there is none.
 */
export function idOfOtherType(id: CallId): CallId | undefined {
  if (NUMBER.test(id)) return TEXT_MARK + id;
  const text = id.slice(TEXT_MARK.length);
  return id.startsWith(TEXT_MARK) && NUMBER.test(text) ? text : undefined;
}

/**
 * Whether two ids are the same number to a program that reads numbers as doubles, as JavaScript does: beyond 2^53 it
 * answers with another number than it was asked with.
 */
export function sameWhenRounded(one: CallId, other: CallId): boolean {
  return isBeyondExact(one) && Number(one) === Number(other);
}

/** Whether an id is a number that a double may not hold. */
export function isBeyondExact(id: CallId): boolean {
  return id.length > 15 && NUMBER.test(id) && Math.abs(Number(id)) > Number.MAX_SAFE_INTEGER;
}
