import type { LiveEvent } from '../../../processors/enrich/events.js';
import type { ExtensionContext } from '../../extension.js';
import { replyError } from '../reply.js';
import type { Exchange, Route } from '../router.js';
import { eventsParameters, parseEventsQuery } from './query.js';
import { writeEvents } from './write-events.js';

const NO_EVENTS =
  'this agent has no events: none of its pipelines has a capture and an enrich processor; add them to its configuration';

/** What may be seen of events. */
interface Shown {
  /** An event as it is shown. */
  readonly view: (event: LiveEvent) => LiveEvent;
  /** Whether streams may be asked for. While they are, they take room of other events. */
  readonly mayHaveStreams: boolean;
}

const EVERYTHING: Shown = { view: (event) => event, mayHaveStreams: true };

/** `GET /v1/events`: what happens, as it happens. */
export function eventsRoute(context: Pick<ExtensionContext, 'events'>, shown = EVERYTHING): Route {
  return {
    method: 'GET',
    path: '/v1/events',
    documentation: {
      operationId: 'followEvents',
      summary: 'Operations and calls as they happen, an event a line, without an end unless follow is false.',
      parameters: eventsParameters(shown.mayHaveStreams),
      answers: {
        200: {
          description: 'Lines of JSON. One of the type missed tells how many events were lost at its place.',
          mediaType: 'application/x-ndjson',
          schema: { type: 'string' },
        },
        409: { description: 'Nothing is captured.' },
      },
    },
    answer: (exchange) => answer(context, exchange, shown),
  };
}

async function answer(
  { events }: Pick<ExtensionContext, 'events'>,
  exchange: Exchange,
  { view, mayHaveStreams }: Shown,
): Promise<void> {
  const { query, response } = exchange;
  const parsed = parseEventsQuery(query, mayHaveStreams);
  if (!parsed.ok) replyError(response, 400, parsed.refusal);
  else if (events === undefined) replyError(response, 409, NO_EVENTS);
  else await writeEvents(events, parsed.value, exchange, view);
}
