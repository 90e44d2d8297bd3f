import { reloadSchema } from '../../../api/reload-schema.js';
import type { ExtensionContext } from '../../extension.js';
import { replyJson } from '../reply.js';
import type { Route } from '../router.js';

/** `POST /v1/reload`: the agent reads its files again. What is sent along is thrown away. */
export function reloadRoute(context: Pick<ExtensionContext, 'agent'>): Route {
  return {
    method: 'POST',
    path: '/v1/reload',
    // The configuration may have another control socket.
    outlasts: true,
    documentation: {
      operationId: 'reload',
      summary:
        'Loads the files of the configuration again, as SIGHUP does, and waits for the outcome. Connections go on. Nothing changes if the configuration has a mistake.',
      answers: {
        200: { description: 'It holds.', schema: reloadSchema },
        409: { description: 'Another agent has taken over.' },
        422: { description: 'It cannot hold; the answer has every mistake, one on each line.' },
        503: { description: 'The agent is stopping.' },
      },
    },
    answer: async ({ response }) => {
      const reload = await context.agent.reload();
      // Who asks again may have to ask at another socket.
      response.setHeader('connection', 'close');
      replyJson(response, 200, reload);
    },
  };
}
