import { reply } from '../../../http/reply.js';
import type { ExtensionContext } from '../../extension.js';
import type { Route } from '../router.js';

/** `GET /v1/configuration`: what holds, with every default and without secrets. */
export function configurationRoute({ agent }: Pick<ExtensionContext, 'agent'>): Route {
  return {
    method: 'GET',
    path: '/v1/configuration',
    documentation: {
      operationId: 'getConfiguration',
      summary: 'The configuration that holds, as udscope config print --origins prints it.',
      answers: {
        200: {
          description: 'YAML. Secrets are hidden.',
          mediaType: 'application/yaml',
          schema: { type: 'string' },
        },
        409: { description: 'The agent has no configuration of its own.' },
      },
    },
    answer: ({ response }) => {
      response.setHeader('cache-control', 'no-store');
      reply(response, 200, { type: 'application/yaml; charset=utf-8', body: agent.configuration() });
    },
  };
}
