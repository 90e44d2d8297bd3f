import { BACKSLASH, QUOTE } from './bytes.js';
import { Meter, SEARCH_STEPS, SEARCHED_SHIFT } from './meter.js';

/** Up to here a loop finds the end of a string sooner than the native search, which has a price to start. */
const NEAR_BYTES = 8;

/** Steps of that loop, and of what is around it. */
const NEAR_STEPS = 10;

/** For callers without a budget. */
const unread = new Meter();

/**
 * Index of the quote that ends a string of which bytes[from] is an unescaped byte. `to` when the string goes
 * on, and `to + 1` when the first byte beyond `to` is escaped. Overwrites bytes[to].
 */
export function endOfString(bytes: Uint8Array, from: number, to: number, meter = unread): number {
  let i = from;
  for (;;) {
    meter.steps += NEAR_STEPS;
    const near = Math.min(to, i + NEAR_BYTES);
    while (i < near) {
      const byte = bytes[i];
      if (byte === QUOTE) return i;
      i += byte === BACKSLASH ? 2 : 1;
    }
    if (i >= to) return i;
    bytes[to] = QUOTE;
    const quote = bytes.indexOf(QUOTE, i);
    meter.steps += SEARCH_STEPS + ((quote - i) >> SEARCHED_SHIFT);
    const isEscaped = oddBackslashesBefore(bytes, i, quote);
    if (quote === to) return isEscaped ? to + 1 : to;
    if (!isEscaped) return quote;
    i = quote + 1;
  }
}

function oddBackslashesBefore(bytes: Uint8Array, from: number, end: number): boolean {
  let i = end;
  while (i > from && bytes[i - 1] === BACKSLASH) i--;
  return (end - i) % 2 === 1;
}
