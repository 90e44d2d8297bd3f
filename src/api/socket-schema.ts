import { z } from 'zod';
import { apiSchemas } from './api-schemas.js';
import { originSchema, trafficCountsSchema } from './traffic.js';

export const socketStatusSchema = z
  .object({
    name: z.string().describe('uds.socket.name. Not unique among the sockets of different containers.'),
    receiver: z.string().describe('Id of the receiver that relays it.'),
    listen: z.string(),
    upstream: z.string(),
    origin: originSchema,
    container: z.string().optional().describe("container.id, when all its traffic is one container's."),
    problem: z
      .string()
      .optional()
      .describe('Why clients do not reach it: something else is in its place. Left out as a rule.'),
    counts: trafficCountsSchema,
  })
  .register(apiSchemas, { id: 'SocketStatus' });

export type SocketStatus = z.output<typeof socketStatusSchema>;
