import { accept, type Parsed, refuse } from '../../values/parsed.js';

/** What a page may be ordered by: the largest first, but names from a to z. */
export const USAGE_ORDERS = [
  'calls',
  'errors',
  'unknown',
  'cancelled',
  'bytes',
  'mean',
  'p50',
  'p95',
  'p99',
  'name',
] as const;

export type UsageOrder = (typeof USAGE_ORDERS)[number];

/** What flows may be added up by. */
export const FLOW_GROUPS = ['flow', 'container', 'socket'] as const;

export type FlowGroup = (typeof FLOW_GROUPS)[number];

/** What calls and bytes are of. Of those that found no room for a series of their own, only the container is known. */
export interface UsageSubject {
  /** As events have it. */
  readonly container: Readonly<Record<string, string>>;
  readonly socket: string | undefined;
  /** undefined: bytes and connections of the socket, whatever is spoken on it. */
  readonly protocol: string | undefined;
  readonly method: string | undefined;
}

/** A place in an order. */
export interface UsageCursor {
  /** What the entry before it is ordered by. */
  readonly rank: number;
  /** Its name, for those with the same rank. */
  readonly key: string;
}

export interface UsageQuery {
  readonly order: UsageOrder;
  /** Entries of a page. */
  readonly limit: number;
  /** Where the page begins; undefined: with the first. */
  readonly after: UsageCursor | undefined;
  /** undefined: everything is counted. */
  readonly filter: ((subject: UsageSubject) => boolean) | undefined;
}

export interface UsagePage<T> {
  readonly entries: readonly T[];
  /** How many there are on all pages. */
  readonly total: number;
  /** Where the next page begins; undefined on the last. */
  readonly next: UsageCursor | undefined;
}

/** As text that nobody has to understand but `parseCursor`. */
export function formatCursor({ rank, key }: UsageCursor): string {
  return Buffer.from(JSON.stringify([rank, key])).toString('base64url');
}

export function parseCursor(text: string): Parsed<UsageCursor> {
  const [rank, key] = arrayIn(Buffer.from(text, 'base64url').toString());
  return typeof rank === 'number' && typeof key === 'string'
    ? accept({ rank, key })
    : refuse('is not a cursor; give what an answer has as `next`');
}

function arrayIn(json: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
