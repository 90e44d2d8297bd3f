import * as z from 'zod';
import { apiSchemas } from './api-schemas.js';
import { originSchema, protocolsSchema, trafficCountsSchema } from './traffic.js';

export const socketStatusSchema = z
  .object({
    name: z.string().describe('uds.socket.name. Not unique among the sockets of different containers.'),
    receiver: z.string().describe('Id of the receiver that relays it.'),
    listen: z.string(),
    upstream: z.string(),
    type: z.enum(['stream', 'seqpacket', 'dgram']).describe('Type of the listening socket.'),
    takeover: z.boolean().describe('Whether `listen` is the path of the upstream itself.'),
    appearance: z
      .enum(['shown', 'refusing', 'absent'])
      .describe(
        'What clients find at the path. As a rule the relay socket: `shown`. While the upstream is down, what they would find there without a relay: a socket that refuses them, or nothing; with `takeover`, `absent` says that the path is left to the upstream.',
      ),
    origin: originSchema,
    container: z.string().optional().describe("container.id, when all its traffic is one container's."),
    problem: z
      .string()
      .optional()
      .describe('Why clients do not reach it: something else is in its place. Left out as a rule.'),
    protocols: protocolsSchema,
    counts: trafficCountsSchema,
  })
  .register(apiSchemas, { id: 'SocketStatus' });

export type SocketStatus = z.output<typeof socketStatusSchema>;
