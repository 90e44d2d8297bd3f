import { standsAt } from '../../text.js';

/** Headers that matter. All others are one, of which nothing is kept but how long they are. */
export const OTHER = 0;
export const METHOD = 1;
export const PATH = 2;
export const STATUS = 3;
export const CONTENT_TYPE = 4;
export const GRPC_STATUS = 5;
export const GRPC_TIMEOUT = 6;
export const TRACEPARENT = 7;
export const TRACESTATE = 8;
/** Its name is that of one that was lost. */
export const UNKNOWN = 9;

export const HEADERS = 10;

const NAMES: readonly string[] = [
  '',
  ':method',
  ':path',
  ':status',
  'content-type',
  'grpc-status',
  'grpc-timeout',
  'traceparent',
  'tracestate',
];

/** The longest of them. */
export const NAME_BYTES_MAX = 12;

/** Which header has the name in bytes[from, from + length). Names of HTTP/2 are written small. */
export function headerAt(bytes: Uint8Array, from: number, length: number): number {
  for (let header = METHOD; header < UNKNOWN; header++) {
    const name = NAMES[header];
    if (name.length === length && standsAt(name, bytes, from)) return header;
  }
  return OTHER;
}

/** The same of a text. */
export function headerNamed(name: string): number {
  return Math.max(OTHER, NAMES.indexOf(name));
}

/** A header as tables have it. */
export interface HeaderField {
  readonly header: number;
  readonly nameBytes: number;
  readonly valueBytes: number;
  /** Empty where the header does not matter. */
  readonly value: string;
}
