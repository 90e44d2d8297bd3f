import { LINE_FEED } from './bytes.js';

/**
 * Counts what finding the ends of units takes, in steps of about a nanosecond each on a processor of these years: so
 * that it is the same for the same bytes on any machine, however busy.
 */
export class Meter {
  steps = 0;
}

/** Steps that a native search takes to begin with, … */
export const SEARCH_STEPS = 32;
/** … and the shift that makes steps of the bytes it passes over: it is that much faster than a loop. */
export const SEARCHED_SHIFT = 5;

/** Index of the next line feed, or `to`, by a native search. Overwrites bytes[to]. */
export function searchLineFeed(bytes: Uint8Array, from: number, to: number, meter: Meter): number {
  bytes[to] = LINE_FEED;
  const feed = bytes.indexOf(LINE_FEED, from);
  meter.steps += SEARCH_STEPS + ((feed - from) >> SEARCHED_SHIFT);
  return feed;
}

/** Steps for each byte that is passed over as a blank. */
export const BLANK_STEPS = 1.5;

/** Steps for each byte that the scanner of header blocks looks at. It passes over most of them by a native search. */
export const HEADER_BYTE_STEPS = 10;

/** Steps for each byte that the scanner of chunks looks at. */
export const CHUNK_BYTE_STEPS = 4;
