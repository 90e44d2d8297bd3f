import { upgradeSchema } from '../../../api/upgrade-schema.js';
import type { ExtensionContext } from '../../extension.js';
import { replyJson } from '../reply.js';
import type { Route } from '../router.js';

/** `POST /v1/upgrade`: another agent takes the place of this one. */
export function upgradeRoute(context: Pick<ExtensionContext, 'agent'>): Route {
  return {
    method: 'POST',
    path: '/v1/upgrade',
    documentation: {
      operationId: 'upgrade',
      summary:
        'Has the supervisor start another agent, of the program as it is installed by now. It accepts from then on; this one ends with its last connection. Nothing changes if it cannot start.',
      answers: {
        200: { description: 'It has taken over.', schema: upgradeSchema },
        409: { description: 'No supervisor can start another agent, or one is being started.' },
        503: { description: 'The other agent cannot start; the answer says why.' },
      },
    },
    answer: async ({ response }) => {
      const upgraded = await context.agent.upgrade();
      // Who asks again asks the other agent.
      response.setHeader('connection', 'close');
      replyJson(response, 200, upgraded);
    },
  };
}
