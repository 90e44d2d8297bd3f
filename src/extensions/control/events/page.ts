import type { EventPage } from '../../../processors/enrich/events.js';
import { printableJson } from '../../../values/printable.js';
import type { EventFilter } from './filter.js';

/** Events read at a time: all that a client which does not read costs. */
export const PAGE_EVENTS = 256;

/**
 * A page as lines of JSON. What was missed stands before the events, where the gap is; it is counted before
 * any filter, since nobody can tell any more what it was.
 */
export function pageLines(
  { events, missed }: Omit<EventPage, 'next'>,
  filter: EventFilter | undefined,
): string {
  const gap = missed > 0 ? [{ type: 'missed', count: missed }] : [];
  const shown = filter === undefined ? events : events.filter(filter);
  return [...gap, ...shown].map((line) => `${printableJson(line)}\n`).join('');
}
