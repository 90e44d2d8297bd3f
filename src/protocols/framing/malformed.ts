/** What a part of the framer returns, besides an index or UNFINISHED, for bytes that it has no place for. */
export const MALFORMED = -2;
