import { z } from 'zod';
import { quote } from '../../../values/quote.js';
import { type ContainerStatus, ControlError } from '../../agent-control.js';
import type { ExtensionContext } from '../../extension.js';
import { accepted, parseInput } from '../input.js';
import type { Lists } from '../lists.js';
import type { ParameterDocumentation } from '../openapi/documentation.js';
import { replyDone, replyJson } from '../reply.js';
import type { Exchange, Route } from '../router.js';
import { CONTAINER_ID, parseContainerId } from './container-id.js';
import { containerRequestSchema } from './request.js';
import { containerDetailsSchema, containerStatusSchema, registeredContainerSchema } from './schema.js';

type Context = Pick<ExtensionContext, 'agent'>;

/** The containers that use sockets: seen, registered, removed. */
export function containerRoutes(context: Context, lists: Lists): Route[] {
  return [listRoute(context, lists), showRoute(context), registerRoute(context), unregisterRoute(context)];
}

const idParameter: ParameterDocumentation = {
  name: 'id',
  in: 'path',
  description: 'container.id',
  schema: { type: 'string', pattern: CONTAINER_ID.source },
};

const UNKNOWN = { description: 'No such container is known.' };

function listRoute(context: Context, lists: Lists): Route {
  return {
    method: 'GET',
    path: '/v1/containers',
    documentation: {
      operationId: 'listContainers',
      summary: 'Who uses sockets: containers, processes of the host, and what could not be attributed.',
      answers: {
        200: { description: 'All of them at this moment.', schema: z.array(containerStatusSchema) },
      },
    },
    answer: (exchange) => lists.reply(exchange, () => context.agent.containers(), summary),
  };
}

/** Without what it was registered with: a list of thousands is long enough. */
function summary({ registration: _, ...status }: ContainerStatus): ContainerStatus {
  return status;
}

function showRoute(context: Context): Route {
  return {
    method: 'GET',
    path: '/v1/containers/{id}',
    documentation: {
      operationId: 'getContainer',
      summary: 'One container.',
      parameters: [idParameter],
      answers: {
        200: { description: 'The container at this moment.', schema: containerDetailsSchema },
        404: UNKNOWN,
      },
    },
    answer: (exchange) => {
      const id = idOf(exchange);
      const found = context.agent.containers().filter((each) => each.id === id);
      if (found.length === 0) throw new ControlError(404, `no container ${quote(id)} is known`);
      replyJson(exchange.response, 200, details(found));
    },
  };
}

/**
 * All that is known of one container, which may use sockets of several receivers. The registration is as it was
 * sent: its id is the container's.
 */
function details(found: readonly ContainerStatus[]): unknown {
  const registration = found.find((each) => each.registration !== undefined)?.registration;
  const all = { ...summary(found[0]!), sockets: found.flatMap(({ sockets }) => sockets) };
  if (registration === undefined) return all;
  const { id: _, ...rest } = registration;
  return { ...all, origin: 'control', registration: rest };
}

function registerRoute(context: Context): Route {
  return {
    method: 'PUT',
    path: '/v1/containers/{id}',
    body: containerRequestSchema,
    documentation: {
      operationId: 'registerContainer',
      summary:
        'Makes relay sockets for a container, in place of those it was registered with. The same again changes nothing.',
      parameters: [idParameter],
      answers: {
        200: { description: 'The relay sockets are there to be mounted.', schema: registeredContainerSchema },
        409: { description: 'It cannot be done now.' },
        422: { description: 'It makes no sense.' },
      },
    },
    answer: async (exchange) => {
      const id = idOf(exchange);
      const { bundle, marker, ...request } = parseInput(containerRequestSchema, exchange.body);
      replyJson(
        exchange.response,
        200,
        await context.agent.registerContainer({ id, bundle, marker, ...request }),
      );
    },
  };
}

function unregisterRoute(context: Context): Route {
  return {
    method: 'DELETE',
    path: '/v1/containers/{id}',
    documentation: {
      operationId: 'unregisterContainer',
      summary: 'Removes a registered container, its sockets and their connections.',
      parameters: [idParameter],
      answers: { 204: { description: 'It is gone.' }, 404: UNKNOWN },
    },
    answer: async (exchange) => {
      await context.agent.unregisterContainer(idOf(exchange));
      replyDone(exchange.response);
    },
  };
}

/** @throws RequestError */
function idOf({ parameters }: Exchange): string {
  const id = parameters['id'] ?? '';
  return accepted('container', id, parseContainerId(id));
}
