import * as z from 'zod';
import { socketStatusSchema } from '../../../api/socket-schema.js';
import { RequestError } from '../../../http/request-error.js';
import { fields } from '../../../values/map.js';
import { refuseRelative } from '../../../values/socket-path.js';
import type { ExtensionContext } from '../../extension.js';
import { parseInput } from '../input.js';
import type { Lists } from '../lists.js';
import { replyDone, replyJson } from '../reply.js';
import type { Route } from '../router.js';

type Context = Pick<ExtensionContext, 'agent'>;

/** The sockets that are relayed: seen, added, removed. */
export function socketRoutes(context: Context, lists: Lists): Route[] {
  return [socketsRoute(context, lists), addRoute(context), removeRoute(context)];
}

/** `GET /v1/sockets`: what is relayed. */
export function socketsRoute(context: Context, lists: Lists): Route {
  return {
    method: 'GET',
    path: '/v1/sockets',
    documentation: {
      operationId: 'listSockets',
      summary: 'The sockets that are relayed.',
      answers: { 200: { description: 'The sockets at this moment.', schema: z.array(socketStatusSchema) } },
    },
    answer: (exchange) =>
      lists.reply(
        exchange,
        () => context.agent.sockets(),
        (socket) => socket,
      ),
  };
}

function addRoute(context: Context): Route {
  return {
    method: 'POST',
    path: '/v1/sockets',
    body: context.agent.socketSchema,
    documentation: {
      operationId: 'addSocket',
      summary: 'Relays a socket from now on. The words are those of the configuration; paths are absolute.',
      answers: {
        201: { description: 'It is relayed.', schema: socketStatusSchema },
        409: { description: 'It cannot be relayed now: its name or its path is taken.' },
        422: { description: 'It makes no sense.' },
      },
    },
    answer: async ({ body, response }) => {
      const socket = parseInput(context.agent.socketSchema, body);
      for (const key of ['listen', 'upstream']) {
        const relative = refuseRelative(fields(body)[key]);
        if (relative !== undefined) throw new RequestError(400, `${key} ${relative.refusal}`);
      }
      replyJson(response, 201, await context.agent.addSocket(socket));
    },
  };
}

function removeRoute(context: Context): Route {
  return {
    method: 'DELETE',
    path: '/v1/sockets/{name}',
    documentation: {
      operationId: 'removeSocket',
      summary: 'Ends a socket that was added here. Its open connections go on.',
      parameters: [
        {
          name: 'name',
          in: 'path',
          description: 'uds.socket.name',
          schema: { type: 'string', minLength: 1 },
        },
      ],
      answers: {
        204: { description: 'It is relayed no longer.' },
        404: { description: 'There is no such socket.' },
        409: { description: 'It was not added here.' },
      },
    },
    answer: async ({ parameters, response }) => {
      await context.agent.removeSocket(parameters['name'] ?? '');
      replyDone(response);
    },
  };
}
