import { once } from 'node:events';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { EventPage, EventSource, LiveEvent } from '../../../processors/enrich/events.js';
import type { Exchange } from '../router.js';
import type { EventFilter } from './filter.js';
import { firstCursor } from './first-cursor.js';
import { PAGE_EVENTS, pageLines } from './page.js';
import type { EventsQuery } from './query.js';

/** Which events are written, and how. */
interface Range {
  readonly first: number;
  readonly until: number;
  readonly filter: EventFilter;
  readonly view: (event: LiveEvent) => LiveEvent;
}

/** How long to wait for new events when there are none, in ms. */
const POLL_MS = 50;

/**
 * Answers with the events of a query as `view` shows them, one on each line, until no more will come.
 *
 * @throws Error when the source cannot be read, or when the signal says that the client has gone.
 */
export async function writeEvents(
  source: EventSource,
  query: EventsQuery,
  exchange: Pick<Exchange, 'response' | 'signal'>,
  view: (event: LiveEvent) => LiveEvent = (event) => event,
): Promise<void> {
  const stopStreams = query.hasStreams ? source.watchStreams() : () => {};
  try {
    await write(source, query, exchange, view);
  } finally {
    stopStreams();
  }
}

async function write(
  source: EventSource,
  query: EventsQuery,
  exchange: Pick<Exchange, 'response' | 'signal'>,
  view: (event: LiveEvent) => LiveEvent,
): Promise<void> {
  const { response, signal } = exchange;
  const range = await source.range();
  const first = await firstCursor(source, range, query);
  signal.throwIfAborted();
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  // Tells the client that it is served before there is an event.
  response.flushHeaders();
  // A stream without an end may be silent for any time. Only a stream with an end of its own must get there.
  if (query.follow) response.setTimeout(0);
  const until = query.follow ? Number.POSITIVE_INFINITY : range.end;
  try {
    await writePages(source, { first, until, filter: query.filter, view }, exchange);
  } catch (error) {
    // When the agent stops, a stream without an end has ended well; any other was cut short.
    if (!query.follow || !signal.aborted) throw error;
  }
  response.end();
}

/**
 * Writes the events from one cursor to another. The next page is read when the client has taken this one, so a slow client costs
 * nothing but the events that it misses.
 */
async function writePages(
  source: EventSource,
  { first, until, filter, view }: Range,
  { response, signal }: Pick<Exchange, 'response' | 'signal'>,
): Promise<void> {
  for (let cursor = first; cursor < until; ) {
    const max = Math.min(PAGE_EVENTS, until - cursor);
    const page = await source.read(cursor, max);
    signal.throwIfAborted();
    const lines = pageLines(cut(page, until - cursor), filter, view);
    cursor = page.next;
    if (lines !== '' && !response.write(lines)) await once(response, 'drain', { signal });
    // A page that is not full may end where events were forgotten.
    if (page.events.length === 0 && cursor < until) await sleep(POLL_MS, undefined, { signal });
    else await nextTurn(undefined, { signal });
  }
}

/** The part of a page that is among the next `count` events. It begins later when many were forgotten. */
function cut({ events, missed }: EventPage, count: number): Omit<EventPage, 'next'> {
  return { missed: Math.min(missed, count), events: events.slice(0, Math.max(0, count - missed)) };
}
