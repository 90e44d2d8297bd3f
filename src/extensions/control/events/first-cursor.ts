import type { EventSource } from '../../../processors/enrich/events.js';
import type { EventFilter } from './filter.js';
import { PAGE_EVENTS } from './page.js';

/**
 * Where to start reading so that the last `last` events before `end` that pass the filter are read. Cursors do not count
 * events, since any of them may have been forgotten: all are looked at once, and no event is kept. What is forgotten
 * meanwhile is seen as missed when it is read.
 */
export async function firstCursor(
  source: EventSource,
  { oldest, end }: { oldest: number; end: number },
  { last, filter }: { last: number; filter: EventFilter | undefined },
): Promise<number> {
  if (last === 0) return end;
  if (filter === undefined && last >= end - oldest) return oldest;
  const passing: number[] = [];
  for (let cursor = oldest; cursor < end; ) {
    const { events, missed, next } = await source.read(cursor, Math.min(PAGE_EVENTS, end - cursor));
    events.forEach((event, i) => {
      if (filter?.(event) !== false) passing.push(cursor + missed + i);
    });
    // Nothing comes any more before the end that there was.
    if (next === cursor) break;
    cursor = next;
  }
  const before = passing.filter((cursor) => cursor < end);
  return before[before.length - last] ?? Math.min(oldest, end);
}
