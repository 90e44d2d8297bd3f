import * as z from 'zod';
import { apiSchemas } from '../api-schemas.js';
import { originSchema, protocolsSchema, trafficCountsSchema } from '../traffic.js';
import { containerRequestSchema } from './request.js';

export const containerStatusSchema = z
  .object({
    id: z
      .string()
      .optional()
      .describe('container.id. Processes of the host, and those that nobody could attribute, have none.'),
    namespace: z
      .string()
      .optional()
      .describe("What the id is unique in: a namespace of containerd, or the folder of the runtime's state."),
    attributes: z.record(z.string(), z.string()),
    origin: originSchema,
    sockets: z.array(
      z.object({
        name: z.string().describe('uds.socket.name'),
        path: z.string().describe('uds.socket.path'),
        scope: z.enum(['host', 'internal']).optional().describe('uds.socket.scope, once it is known.'),
        protocols: protocolsSchema,
        counts: trafficCountsSchema,
      }),
    ),
  })
  .register(apiSchemas, { id: 'ContainerStatus' });

export const containerDetailsSchema = containerStatusSchema
  .extend({
    registration: containerRequestSchema
      .optional()
      .describe('What it was registered with, when it was: sent again with a change, it changes just that.'),
  })
  .register(apiSchemas, { id: 'ContainerDetails' });

export const registeredContainerSchema = z
  .object({
    id: z.string(),
    sockets: z.array(
      z.object({
        path: z.string(),
        upstream: z.string(),
        listen: z.string().describe('The relay socket on the host, to be mounted at path.'),
      }),
    ),
    refused: z
      .array(z.object({ path: z.string(), reason: z.string() }))
      .describe('Sockets with a mount that cannot be relayed, and why.'),
  })
  .register(apiSchemas, { id: 'RegisteredContainer' });

export type PeerSocketStatus = z.output<typeof containerStatusSchema>['sockets'][number];
export type RegisteredContainer = z.output<typeof registeredContainerSchema>;
