import * as z from 'zod';
import { apiSchemas } from './api-schemas.js';

/** A number of things. Measured ones are whole, estimated ones need not be. */
export const count = () => z.number().nonnegative();

/** What a socket or container has counted since the agent knows of it. */
export const trafficCountsSchema = z
  .object({
    active: count().describe('Connections open now.'),
    opened: count(),
    errors: count().describe('Connections that failed or were cut short.'),
    sendBytes: count().describe('From the container to the upstream.'),
    recvBytes: count().describe('From the upstream to the container.'),
    sendOps: count(),
    recvOps: count(),
  })
  .register(apiSchemas, { id: 'TrafficCounts' });

/** Optional, so that the commands can ask an agent that is older than they are. */
export const protocolsSchema = z
  .array(z.string())
  .optional()
  .describe(
    'Names of the protocols of which requests were understood on its connections, as the configuration has them. None: nothing was understood so far, or nothing is decoded.',
  );

export const originSchema = z
  .enum(['configuration', 'control', 'peer'])
  .describe('The configuration file, this API, or a process that was seen to connect.');

export type TrafficCounts = Readonly<z.output<typeof trafficCountsSchema>>;
/** Where a socket or container comes from. */
export type Origin = z.output<typeof originSchema>;
