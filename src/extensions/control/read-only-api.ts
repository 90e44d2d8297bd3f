import type { LiveEvent } from '../../processors/enrich/events.js';
import type { ExtensionContext, ReadOnlyApi } from '../extension.js';
import { Answers } from './answers.js';
import { configurationRoute } from './configuration/route.js';
import { eventsRoute } from './events/route.js';
import { historyRoute } from './history/route.js';
import { Lists } from './lists.js';
import { socketsRoute } from './sockets/routes.js';
import { statusRoute } from './status/route.js';
import { usageRoutes } from './usage/routes.js';

/** How long a client may read nothing of an answer that has an end, in ms. */
const STALL_MS = 30_000;

/** What of the API shows how the agent and its clients fare, for those who may look and not command. */
export function createReadOnlyApi(
  context: Pick<ExtensionContext, 'agent' | 'events' | 'logger'>,
  { showsPayload }: { readonly showsPayload: boolean },
): ReadOnlyApi {
  const lists = new Lists();
  const routes = [
    statusRoute(context),
    configurationRoute(context),
    socketsRoute(context, lists),
    ...usageRoutes(context, lists),
    historyRoute(context),
    eventsRoute(context, showsPayload ? undefined : withoutPayload),
  ];
  return new Answers({ routes, stallMs: STALL_MS, logger: context.logger });
}

/** An event without anything that is from payload, but for the names that metrics have, too. */
function withoutPayload(event: LiveEvent): LiveEvent {
  switch (event.type) {
    case 'operation': {
      const { payload: _, ...rest } = event;
      return rest;
    }
    case 'stream':
      return { ...event, pieces: event.pieces.map(({ kept, skipped }) => ({ kept, skipped })) };
    case 'call': {
      const { params: _, result: __, errorMessage: ___, ...rest } = event;
      return rest;
    }
  }
}
