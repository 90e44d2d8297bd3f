import { type CallId, TEXT_ID_MARK } from './protocol.js';

const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

/** So many ids are compared with one that names none of them. Who changes ids does not answer much later calls first. */
const COMPARED_MAX = 32;

/**
 * The id that is the same but for its type: programs answer the number 4294967296 with the text "4294967296", and the other
 * way round. undefined where there is none.
 */
export function idOfOtherType(id: CallId): CallId | undefined {
  if (NUMBER.test(id)) return TEXT_ID_MARK + id;
  const text = id.slice(TEXT_ID_MARK.length);
  return id.startsWith(TEXT_ID_MARK) && NUMBER.test(text) ? text : undefined;
}

/**
 * Which of the first ids is the same number to a program that reads numbers as doubles, as JavaScript does: beyond 2^53
 * it answers with another number than it was asked with.
 */
export function sameWhenRounded(id: CallId, ids: Iterable<CallId>): CallId | undefined {
  if (!isBeyondExact(id)) return undefined;
  const rounded = Number(id);
  let compared = 0;
  for (const other of ids) {
    if (Number(other) === rounded) return other;
    if (++compared === COMPARED_MAX) break;
  }
  return undefined;
}

/** Whether an id is a number that a double may not hold. */
function isBeyondExact(id: CallId): boolean {
  return id.length > 15 && NUMBER.test(id) && Math.abs(Number(id)) > Number.MAX_SAFE_INTEGER;
}
