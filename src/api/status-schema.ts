import * as z from 'zod';
import { SIGNALS } from '../values/signal.js';
import { apiSchemas } from './api-schemas.js';
import { count } from './traffic.js';
import { drainingSchema } from './upgrade-schema.js';

const time = (what: string) => z.number().describe(`${what} Wall clock, ms since the epoch.`);

const countsByReason = (what: string) => z.record(z.string(), count()).describe(`${what}, by reason.`);

const exporterStatusSchema = z.object({
  id: z.string().describe('As in the configuration.'),
  signal: z.enum(SIGNALS),
  exported: count().describe('Data points, spans or log records that were delivered.'),
  failed: countsByReason('Data points, spans or log records that were given up'),
  inflight: count().describe('Those that are neither delivered nor given up.'),
  failedAttempts: countsByReason('Attempts that failed, also where another one succeeded'),
  lastSuccessMs: time('When something was delivered.').optional(),
  lastFailure: z.object({ timeMs: time('When.'), reason: z.string() }).optional(),
  queue: z
    .object({ size: count(), capacity: count(), dropped: count() })
    .optional()
    .describe('Spans or log records that wait, that may wait, and those for which there was no room.'),
});

export type ExporterStatus = z.output<typeof exporterStatusSchema>;

const configurationStatusSchema = z.object({
  files: z.array(z.string()).describe('None: the agent was started with arguments only.'),
  loadedMs: time('When the configuration that holds was loaded.').optional(),
  lastReload: z
    .object({
      timeMs: time('When.'),
      error: z.string().optional().describe('Why nothing has changed; not there if it was successful.'),
    })
    .optional(),
});

export type ConfigurationStatus = z.output<typeof configurationStatusSchema>;

const lossSchema = z.object({
  instrument: z.string().describe('The name of the metric that counts it.'),
  reason: z.string().optional(),
  count: count(),
});

export type Loss = z.output<typeof lossSchema>;

export const agentStatusSchema = z
  .object({
    version: z.string(),
    pid: count(),
    startedMs: z.number().describe('Wall clock, ms since the epoch.'),
    configuration: configurationStatusSchema,
    receivers: z.array(
      z.object({
        id: z.string(),
        threads: count(),
        sockets: count(),
        down: count().describe(
          'Of these, sockets through which clients reach no upstream: it is down, or something else is in the place of the socket.',
        ),
        containers: count(),
        connections: count(),
        series: count().describe('Series that are shown under their own names at present.'),
        maxSeries: count(),
        unattributed: countsByReason('Connections that could not be attributed'),
      }),
    ),
    exporters: z.array(exporterStatusSchema),
    draining: z
      .array(drainingSchema)
      .optional()
      .describe(
        'Agents that this one has taken over from and whose last connections have not ended yet. Metrics show what they count with the rest; the lists of sockets and containers, and events, do not. Left out: none.',
      ),
    losses: z
      .array(lossSchema)
      .describe(
        'What was lost, refused or not understood, as far as metrics show it: what a container lost goes with its series.',
      ),
  })
  .register(apiSchemas, { id: 'AgentStatus' });

export type AgentStatus = z.output<typeof agentStatusSchema>;
