import type { EventPage, LiveEvent } from '../../../processors/enrich/events.js';
import { printableJson } from '../../../values/printable.js';
import type { EventFilter } from './filter.js';

/** Events read at a time. A client that does not read costs no more than these. */
export const PAGE_EVENTS = 256;

/**
 * A page as lines of JSON. The number of missed events stands before the events, where the gap is. It is counted before any filter:
 * it is no longer known what these events were.
 */
export function pageLines(
  { events, missed }: Omit<EventPage, 'next'>,
  filter: EventFilter,
  view: (event: LiveEvent) => LiveEvent = (event) => event,
): string {
  const gap = missed > 0 ? [{ type: 'missed', count: missed }] : [];
  return [...gap, ...events.filter(filter).map(view)].map((line) => `${printableJson(line)}\n`).join('');
}
