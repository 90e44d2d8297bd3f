import { z } from 'zod';
import { apiSchemas } from '../../../api/api-schemas.js';
import { originSchema, trafficCountsSchema } from '../../../api/traffic.js';
import { udsSocketSchema } from '../../../receivers/uds/index.js';

apiSchemas.add(udsSocketSchema, { id: 'SocketRequest' });

export const socketStatusSchema = z
  .object({
    name: z.string().describe('uds.socket.name'),
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
