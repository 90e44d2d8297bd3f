import type { ExtensionContext } from '../../extension.js';
import { type Exchange, type Route, replyError } from '../router.js';
import { parseEventsQuery } from './query.js';
import { writeEvents } from './write-events.js';

const NO_EVENTS =
  'this agent has no events: none of its pipelines has a capture and an enrich processor; add them to its configuration';

/** `GET /v1/events`: what happens, as it happens. */
export function eventsRoute(context: Pick<ExtensionContext, 'events'>): Route {
  return { method: 'GET', path: '/v1/events', answer: (exchange) => answer(context, exchange) };
}

async function answer({ events }: Pick<ExtensionContext, 'events'>, exchange: Exchange): Promise<void> {
  const { query, response } = exchange;
  const parsed = parseEventsQuery(query);
  if (!parsed.ok) replyError(response, 400, parsed.refusal);
  else if (events === undefined) replyError(response, 409, NO_EVENTS);
  else await writeEvents(events, parsed.value, exchange);
}
