import {
  HISTORY_GROUPS,
  type HistoryGroup,
  type HistoryQuery,
  historySchema,
} from '../../../api/history/schema.js';
import { RequestError } from '../../../http/request-error.js';
import type { ExtensionContext } from '../../extension.js';
import { isOneOf } from '../events/filter.js';
import {
  CHOICES,
  describeParameters,
  oneOf,
  type Parameters,
  queryRefusal,
  wholeNumber,
} from '../parameters.js';
import { replyJson } from '../reply.js';
import type { Route } from '../router.js';

const DEFAULT_LIMIT = 8;
const MAX_LIMIT = 16;
const MAX_POINTS = 720;

const PARAMETERS: Parameters = new Map([
  ['by', oneOf(`what to draw by: ${HISTORY_GROUPS.join(', ')}`, HISTORY_GROUPS, false)],
  ...[...CHOICES].filter(([name]) => name === 'socket' || name === 'container'),
  ['limit', wholeNumber(1, MAX_LIMIT)],
  ['points', wholeNumber(1, MAX_POINTS)],
]);

/** `GET /v1/history`: what has happened in the last hour. */
export function historyRoute({ agent }: Pick<ExtensionContext, 'agent'>): Route {
  return {
    method: 'GET',
    path: '/v1/history',
    documentation: {
      operationId: 'getHistory',
      summary:
        'Bytes, calls and errors of the last hour, in intervals of five seconds or more, by container or socket. A new agent begins anew.',
      parameters: describeParameters(PARAMETERS),
      answers: {
        200: { description: 'Counts of each interval.', schema: historySchema },
        409: { description: 'Nothing is remembered: there is no dashboard extension.' },
      },
    },
    answer: ({ query, response }) => {
      const refusal = queryRefusal(PARAMETERS, query);
      if (refusal !== undefined) throw new RequestError(400, refusal);
      replyJson(response, 200, agent.history(historyQuery(query)));
    },
  };
}

function historyQuery(query: URLSearchParams): HistoryQuery {
  const [sockets, containers] = [query.getAll('socket'), query.getAll('container')];
  return {
    by: (query.get('by') ?? 'container') as HistoryGroup,
    limit: Number(query.get('limit') ?? DEFAULT_LIMIT),
    points: Number(query.get('points') ?? MAX_POINTS),
    filter:
      sockets.length + containers.length === 0
        ? undefined
        : (subject) =>
            (sockets.length === 0 || (subject.socket !== undefined && sockets.includes(subject.socket))) &&
            (containers.length === 0 || isOneOf(subject, containers)),
  };
}
