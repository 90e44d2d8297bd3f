/*
 * The shared counters of one relay thread: rows of Float64, a row for each series.
 *
 *   row r:  │ send_bytes │ recv_bytes │ send_ops │ recv_ops │ opened │ closed │ 4 of descriptors │ one per drop reason … │ one per failure … │ 2 of unanswered │ unused … │
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
/** Descriptors that were lost, from the client and, behind it, from the upstream. */
export const DROPPED_DESCRIPTORS = 6;
/** Descriptors that came with the bytes and go with them, from the client and, behind it, from the upstream. */
export const PASSED_DESCRIPTORS = 8;
/** What was not captured of its traffic, one for each of DROP_REASONS. */
export const FIRST_DROP = 10;
export const FIRST_ERROR = FIRST_DROP + DROP_REASONS.length;

/** How a connection can fail: `error.type`, and which of its ends failed, if it was one of them. */
export interface Failure {
  readonly type: string;
  readonly end?: 'client' | 'upstream';
}

/**
 * The failures that are told apart, in the order of their columns. Errnos keep their names; `_OTHER` is the semantic
 * conventions' word for everything that is not listed. Decision 0035 says what is an error of which end.
 */
export const FAILURES = {
  _OTHER: { type: '_OTHER' },
  ECONNREFUSED: { type: 'ECONNREFUSED', end: 'upstream' },
  ENOENT: { type: 'ENOENT', end: 'upstream' },
  EACCES: { type: 'EACCES', end: 'upstream' },
  ECONNRESET: { type: 'ECONNRESET', end: 'upstream' },
  EPIPE: { type: 'EPIPE', end: 'upstream' },
  EPROTOTYPE: { type: 'EPROTOTYPE', end: 'upstream' },
  EMFILE: { type: 'EMFILE' },
  EMSGSIZE: { type: 'EMSGSIZE' },
  connect_timeout: { type: 'connect_timeout', end: 'upstream' },
  idle_timeout: { type: 'idle_timeout' },
  answer_timeout: { type: 'answer_timeout', end: 'upstream' },
  shutdown: { type: 'shutdown' },
  client_limit: { type: 'client_limit' },
  not_connected: { type: '_OTHER', end: 'upstream' },
  client_left: { type: 'EPIPE', end: 'client' },
} as const satisfies Record<string, Failure>;

export type FailureName = keyof typeof FAILURES;

export const FAILURE_NAMES = Object.keys(FAILURES) as readonly FailureName[];

/** Connections that have been without an answer for some time, and of these, those that have been answered since or have ended. */
export const UNANSWERED = FIRST_ERROR + FAILURE_NAMES.length;
export const UNANSWERED_ENDED = UNANSWERED + 1;

/** Doubles in a cache line. A row fills whole ones, so that what is counted at the same time lies as near as it can. */
const LINE_WIDTH = 8;

/** Doubles in a row; those behind the last column are not used. */
export const ROW_WIDTH = Math.ceil((UNANSWERED_ENDED + 1) / LINE_WIDTH) * LINE_WIDTH;

const ROW_BYTES = ROW_WIDTH * Float64Array.BYTES_PER_ELEMENT;

/** Shared memory for `rows` series, all zero. */
export function allocateCounters(rows: number): SharedArrayBuffer {
  return new SharedArrayBuffer(rows * ROW_BYTES);
}

/** A view of row `index` of a thread's counters. */
export function counterRow(counters: SharedArrayBuffer, index: number): Float64Array {
  return new Float64Array(counters, index * ROW_BYTES, ROW_WIDTH);
}

const errorColumns = Object.fromEntries(FAILURE_NAMES.map((name, i) => [name, FIRST_ERROR + i])) as Record<
  FailureName,
  number
>;

/** The column that counts the connections that failed so. */
export function errorColumn(name: FailureName): number {
  return errorColumns[name];
}
