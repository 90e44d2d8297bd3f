import { z } from 'zod';
import { apiSchemas } from './api-schemas.js';
import { count } from './traffic.js';

export const agentStatusSchema = z
  .object({
    version: z.string(),
    pid: count(),
    startedMs: z.number().describe('Wall clock, ms since the epoch.'),
    receivers: z.array(
      z.object({
        id: z.string(),
        threads: count(),
        sockets: count(),
        containers: count(),
        connections: count(),
        series: count().describe('Series that are shown under their own names at present.'),
        maxSeries: count(),
        unattributed: z
          .record(z.string(), count())
          .describe('Connections that could not be attributed, by reason.'),
      }),
    ),
  })
  .register(apiSchemas, { id: 'AgentStatus' });

export type AgentStatus = z.output<typeof agentStatusSchema>;
