/*
 * The shared counters of one relay thread: rows of Float64, a row for each series.
 *
 *   row r:  │ send_bytes │ recv_bytes │ send_ops │ recv_ops │ opened │ closed │ one per drop reason … │ one per error type … │ unused … │
 *
 * The relay thread is the only writer. It stores plain doubles: a store of eight aligned bytes is atomic
 * on every machine we run on, and integers are exact up to 2^53. Readers sum rows whenever they like and
 * see each counter at a value it really had. `closed` is stored after everything else of a connection.
 */
import { DROP_REASONS } from '../../processors/capture/drops.js';

export const SEND_BYTES = 0;
export const RECV_BYTES = 1;
export const SEND_OPS = 2;
export const RECV_OPS = 3;
export const OPENED = 4;
export const CLOSED = 5;
/** What was not captured of its traffic, one for each of DROP_REASONS. */
export const FIRST_DROP = 6;
export const FIRST_ERROR = FIRST_DROP + DROP_REASONS.length;

/**
 * Values of `error.type`, in the order of their columns. Errnos keep their names; `_OTHER` is the semantic
 * conventions' word for everything that is not listed.
 */
export const ERROR_TYPES = [
  '_OTHER',
  'ECONNREFUSED',
  'ENOENT',
  'EACCES',
  'ECONNRESET',
  'EPIPE',
  'EMFILE',
  'connect_timeout',
  'idle_timeout',
  'shutdown',
  'client_limit',
] as const;

export type ErrorType = (typeof ERROR_TYPES)[number];

/** Doubles in a cache line. A row fills whole ones, so that what is counted at the same time lies as near as it can. */
const LINE_WIDTH = 8;

/** Doubles in a row; those behind the last column are not used. */
export const ROW_WIDTH = Math.ceil((FIRST_ERROR + ERROR_TYPES.length) / LINE_WIDTH) * LINE_WIDTH;

const ROW_BYTES = ROW_WIDTH * Float64Array.BYTES_PER_ELEMENT;

/** Shared memory for `rows` series, all zero. */
export function allocateCounters(rows: number): SharedArrayBuffer {
  return new SharedArrayBuffer(rows * ROW_BYTES);
}

/** A view of row `index` of a thread's counters. */
export function counterRow(counters: SharedArrayBuffer, index: number): Float64Array {
  return new Float64Array(counters, index * ROW_BYTES, ROW_WIDTH);
}

const errorColumns = Object.fromEntries(ERROR_TYPES.map((type, i) => [type, FIRST_ERROR + i])) as Record<
  ErrorType,
  number
>;

/** The column that counts connections ended by `type`. */
export function errorColumn(type: ErrorType): number {
  return errorColumns[type];
}
