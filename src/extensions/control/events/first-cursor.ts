import type { EventSource } from '../../../processors/enrich/events.js';
import type { EventFilter } from './filter.js';
import { PAGE_EVENTS } from './page.js';

/**
 * Where to start reading so that the last `last` events before `end` that pass the filter are read. Cursors do not count
 * events, since some may have been forgotten: all events are looked at once, and none is kept. Events that are forgotten
 * meanwhile are reported as missed when they are read.
 */
export async function firstCursor(
  source: EventSource,
  { oldest, end }: { oldest: number; end: number },
  { last, filter }: { last: number; filter: EventFilter },
): Promise<number> {
  if (last === 0) return end;
  if (last >= end - oldest) return oldest;
  const passing: number[] = [];
  for (let cursor = oldest; cursor < end; ) {
    const { events, missed, next } = await source.read(cursor, Math.min(PAGE_EVENTS, end - cursor));
    events.forEach((event, i) => {
      if (filter(event)) passing.push(cursor + missed + i);
    });
    // No more events come before that end.
    if (next === cursor) break;
    cursor = next;
  }
  const before = passing.filter((cursor) => cursor < end);
  return before[before.length - last] ?? Math.min(oldest, end);
}
