import { OTHER } from '../conventions.js';
import { CARRIAGE_RETURN, LINE_FEED, SPACE } from '../framing/bytes.js';
import { WordTable } from './framing/word-table.js';

/** What errors of Redis, Valkey, Sentinel and clusters begin with. Scripts and modules may have any others, made of anything. */
const CODES = new WordTable(
  `ERR ASK BUSY BUSYGROUP BUSYKEY CLUSTERDOWN CROSSSLOT DENIED EXECABORT IOERR INPROG INVALIDOBJ LOADING MASTERDOWN MISCONF MOVED
NOADDR NOAUTH NOGOODSLAVE NOGROUP NOKEY NOMASTERLINK NOPERM NOPROTO NOREPLICAS NOSCRIPT NOTBUSY NOTREADY NOQUORUM NOSUB OOM READONLY
REDIRECT STALE SYNTAX TIMEOUT TRYAGAIN UNBLOCKED UNKILLABLE UNSTABLE VALIDATION WRONGPASS WRONGTYPE WRONGVERSION`.split(
    /\s+/,
  ),
);

/** The code of an error whose text begins at bytes[from]. */
export function errorCodeAt(bytes: Uint8Array, from: number, to: number): string {
  let end = from;
  while (end < to && bytes[end] !== SPACE && bytes[end] !== CARRIAGE_RETURN && bytes[end] !== LINE_FEED)
    end++;
  // What is cut may go on.
  const index = end < to ? CODES.find(bytes, from, end) : -1;
  return index < 0 ? OTHER : CODES.words[index];
}
