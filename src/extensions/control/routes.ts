import type { ExtensionContext } from '../extension.js';
import { configurationRoute } from './configuration/route.js';
import { containerRoutes } from './containers/routes.js';
import { eventsRoute } from './events/route.js';
import { historyRoute } from './history/route.js';
import { Lists } from './lists.js';
import { descriptionRoutes } from './openapi/routes.js';
import { reloadRoute } from './reload/route.js';
import type { Route } from './router.js';
import { socketRoutes } from './sockets/routes.js';
import { statusRoute } from './status/route.js';
import { upgradeRoute } from './upgrade/route.js';
import { usageRoutes } from './usage/routes.js';

/** All requests that an agent answers. */
export function createRoutes(context: Pick<ExtensionContext, 'agent' | 'events'>): readonly Route[] {
  const lists = new Lists();
  const routes: Route[] = [
    ...descriptionRoutes(() => routes),
    statusRoute(context),
    configurationRoute(context),
    ...socketRoutes(context, lists),
    ...containerRoutes(context, lists),
    ...usageRoutes(context, lists),
    historyRoute(context),
    eventsRoute(context),
    reloadRoute(context),
    upgradeRoute(context),
  ];
  return routes;
}
