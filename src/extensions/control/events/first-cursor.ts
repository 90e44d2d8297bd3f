import type { EventSource } from '../../../processors/enrich/events.js';
import type { EventFilter } from './filter.js';
import { PAGE_EVENTS } from './page.js';

/**
 * Where to start reading so that the last `last` events before `end` that pass the filter are read. The way
 * goes back page by page, and no event is kept: what is forgotten meanwhile is seen as missed when it is read.
 */
export async function firstCursor(
  source: EventSource,
  { oldest, end }: { oldest: number; end: number },
  { last, filter }: { last: number; filter: EventFilter | undefined },
): Promise<number> {
  if (filter === undefined || last === 0 || last >= end - oldest) return Math.max(oldest, end - last);
  let wanted = last;
  for (let upper = end; upper > oldest; ) {
    const lower = Math.max(oldest, upper - PAGE_EVENTS);
    const { events, missed } = await source.read(lower, upper - lower);
    // Cursors count events: that of an event is its place in the page after those that were missed.
    const first = lower + missed;
    for (let cursor = Math.min(upper, first + events.length) - 1; cursor >= first; cursor--) {
      if (filter(events[cursor - first])) wanted--;
      if (wanted === 0) return cursor;
    }
    if (missed > 0) return Math.min(first, end);
    upper = lower;
  }
  return oldest;
}
