import { formatCursor, type UsageCursor } from '../../../api/usage/query.js';
import { flowsSchema, methodsSchema } from '../../../api/usage/schema.js';
import { RequestError } from '../../../http/request-error.js';
import type { Parsed } from '../../../values/parsed.js';
import type { ExtensionContext } from '../../extension.js';
import type { Lists } from '../lists.js';
import type { Route } from '../router.js';
import { flowsParameters, methodsParameters, parseFlowsQuery, parseMethodsQuery } from './query.js';

type Context = Pick<ExtensionContext, 'agent'>;

/** Who calls what, and how it goes. */
export function usageRoutes(context: Context, lists: Lists): Route[] {
  return [methodsRoute(context, lists), flowsRoute(context, lists)];
}

const CUMULATIVE =
  'Counts are those since the agent knows the series; two answers tell what has happened between them.';

const PAGES =
  'A page goes on behind the last entry of the one before, in the order that there is then: what has changed its place meanwhile may be left out, or come twice. Names do not change their places.';

function methodsRoute({ agent }: Context, lists: Lists): Route {
  return {
    method: 'GET',
    path: '/v1/methods',
    documentation: {
      operationId: 'listMethods',
      summary: 'What each method that containers call on sockets has counted, the most called first.',
      parameters: methodsParameters(),
      answers: {
        200: { description: `${CUMULATIVE} ${PAGES}`, schema: methodsSchema, example: METHODS_EXAMPLE },
      },
    },
    answer: (exchange) => {
      const query = asked(parseMethodsQuery(exchange.query));
      return lists.replyPage(exchange, 'methods', async () =>
        pageOf(await agent.methods(query, exchange.signal)),
      );
    },
  };
}

function flowsRoute({ agent }: Context, lists: Lists): Route {
  return {
    method: 'GET',
    path: '/v1/flows',
    documentation: {
      operationId: 'listFlows',
      summary:
        'What is relayed of each container on each socket, with its calls; or added up by one of the two.',
      parameters: flowsParameters(),
      answers: { 200: { description: `${CUMULATIVE} ${PAGES}`, schema: flowsSchema } },
    },
    answer: (exchange) => {
      const { by, ...query } = asked(parseFlowsQuery(exchange.query));
      return lists.replyPage(exchange, 'flows', async () =>
        pageOf(await agent.flows(by, query, exchange.signal)),
      );
    },
  };
}

/** @throws RequestError */
function asked<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw new RequestError(400, parsed.refusal);
  return parsed.value;
}

function pageOf<T>({
  entries,
  total,
  next,
}: {
  entries: readonly T[];
  total: number;
  next: UsageCursor | undefined;
}) {
  return { fields: { total, ...(next === undefined ? {} : { next: formatCursor(next) }) }, items: entries };
}

const METHODS_EXAMPLE = {
  total: 1,
  methods: [
    {
      container: { 'container.id': 'c0ffee', 'container.name': 'wallet' },
      socket: 'geth',
      path: '/run/geth.ipc',
      protocol: 'jsonrpc',
      method: 'eth_call',
      from: 'container',
      counts: { calls: 4, errors: 1, unknown: 0, cancelled: 0, sendBytes: 400, recvBytes: 9000 },
      durations: {
        ...{ count: 4, sumMs: 24, p50Ms: 5, p95Ms: 9, p99Ms: 9.8 },
        boundariesMs: [5, 10, 25],
        counts: [2, 2, 0, 0],
      },
    },
  ],
};
