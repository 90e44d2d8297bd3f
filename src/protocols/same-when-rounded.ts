import type { CallId } from './protocol.js';

const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

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
