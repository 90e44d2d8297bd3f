import { agentStatusSchema } from '../../../api/status-schema.js';
import type { ExtensionContext } from '../../extension.js';
import { replyJson } from '../reply.js';
import type { Route } from '../router.js';

/** `GET /v1/status`: how the agent is. */
export function statusRoute(context: Pick<ExtensionContext, 'agent'>): Route {
  return {
    method: 'GET',
    path: '/v1/status',
    documentation: {
      operationId: 'getStatus',
      summary: 'How the agent is, receiver by receiver.',
      answers: { 200: { description: 'The status at this moment.', schema: agentStatusSchema } },
    },
    answer: ({ response }) => replyJson(response, 200, context.agent.status()),
  };
}
