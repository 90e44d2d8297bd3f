import { setImmediate as nextTurn } from 'node:timers/promises';
import { Serial } from '../../async/serial.js';
import type { LiveEvent } from '../../processors/enrich/events.js';
import type { ExtensionContext, ReadOnlyApi } from '../extension.js';
import { Answers } from './answers.js';
import { configurationRoute } from './configuration/route.js';
import { eventsRoute } from './events/route.js';
import { historyRoute } from './history/route.js';
import { Lists } from './lists.js';
import type { Route } from './router.js';
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
  const turns = new Serial();
  // Some answers are made at once, in up to ten ms. Whoever asks for many delays other work of the thread by one at a time.
  const inTurn = (route: Route): Route => ({
    ...route,
    answer: async (exchange) => {
      await turns.run(() => nextTurn(undefined, { signal: exchange.signal }));
      await route.answer(exchange);
    },
  });
  const routes = [
    statusRoute(context),
    configurationRoute(context),
    socketsRoute(context, lists),
    ...usageRoutes(context, lists),
    historyRoute(context),
    eventsRoute(context, { view: showsPayload ? asSpansShow : withoutPayload, mayHaveStreams: false }),
  ];
  return new Answers({ routes: routes.map(inTurn), stallMs: STALL_MS, logger: context.logger });
}

/** An event without bytes that were captured: these have more than spans show, as heads of HTTP with what they authorize by. */
function asSpansShow(event: LiveEvent): LiveEvent {
  switch (event.type) {
    case 'operation': {
      const { payload: _, ...rest } = event;
      return rest;
    }
    case 'stream':
      return { ...event, pieces: event.pieces.map(({ kept, skipped }) => ({ kept, skipped })) };
    case 'call':
      return event;
  }
}

/** An event without anything that is from payload, but for the names that metrics have, too. */
function withoutPayload(event: LiveEvent): LiveEvent {
  if (event.type !== 'call') return asSpansShow(event);
  const { params: _, result: __, errorMessage: ___, ...rest } = event;
  return rest;
}
