import * as z from 'zod';
import { type ContainerStatus, ControlError } from '../../../api/agent.js';
import { parseContainerId, parseNamespace } from '../../../api/containers/container-id.js';
import { containerRequestSchema } from '../../../api/containers/request.js';
import {
  containerDetailsSchema,
  containerStatusSchema,
  registeredContainerSchema,
} from '../../../api/containers/schema.js';
import { CONTAINER_ID } from '../../../identity/container-id.js';
import { quote } from '../../../values/quote.js';
import type { ExtensionContext } from '../../extension.js';
import { accepted, parseInput } from '../input.js';
import type { Lists } from '../lists.js';
import type { ParameterDocumentation } from '../openapi/documentation.js';
import { replyDone, replyJson } from '../reply.js';
import type { Exchange, Route } from '../router.js';

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

const namespaceParameter: ParameterDocumentation = {
  name: 'namespace',
  in: 'query',
  description:
    "A namespace of containerd, or the folder of the runtime's state. It tells containers of one id apart, and may be " +
    'left out where there is only one.',
  schema: { type: 'string', minLength: 1 },
};

const SEVERAL = { description: 'Several containers have that id, and no namespace is given.' };

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
      parameters: [idParameter, namespaceParameter],
      answers: {
        200: { description: 'The container at this moment.', schema: containerDetailsSchema },
        404: UNKNOWN,
        409: SEVERAL,
      },
    },
    answer: (exchange) => {
      const id = idOf(exchange);
      const namespace = namespaceOf(exchange);
      const found = context.agent
        .containers()
        .filter((each) => each.id === id && (namespace === undefined || each.namespace === namespace));
      if (found.length === 0) throw new ControlError(404, `no container ${quote(id)} is known`);
      const namespaces = new Set(found.flatMap((each) => each.namespace ?? []));
      if (namespaces.size > 1) {
        const all = [...namespaces].map(quote).join(', ');
        throw new ControlError(409, `there are several containers ${quote(id)}; give a namespace: ${all}`);
      }
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
  const { id: _, namespace: __, livenessPath: marker, ...rest } = registration;
  return { ...all, origin: 'control', registration: { ...rest, marker } };
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
      parameters: [idParameter, namespaceParameter],
      answers: {
        200: { description: 'The relay sockets are there to be mounted.', schema: registeredContainerSchema },
        409: { description: 'It cannot be done now.' },
        422: { description: 'It makes no sense.' },
      },
    },
    answer: async (exchange) => {
      const named = { id: idOf(exchange), namespace: namespaceOf(exchange) };
      const { marker: livenessPath, ...body } = parseInput(containerRequestSchema, exchange.body);
      replyJson(
        exchange.response,
        200,
        await context.agent.registerContainer({ ...named, ...body, livenessPath }),
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
      parameters: [idParameter, namespaceParameter],
      answers: { 204: { description: 'It is gone.' }, 404: UNKNOWN, 409: SEVERAL },
    },
    answer: async (exchange) => {
      await context.agent.unregisterContainer(idOf(exchange), namespaceOf(exchange));
      replyDone(exchange.response);
    },
  };
}

/** @throws RequestError */
function idOf({ parameters }: Exchange): string {
  const id = parameters['id'] ?? '';
  return accepted('container', id, parseContainerId(id));
}

/** @throws RequestError */
function namespaceOf({ query }: Exchange): string | undefined {
  const namespace = query.get('namespace') ?? undefined;
  return namespace === undefined ? undefined : accepted('namespace', namespace, parseNamespace(namespace));
}
