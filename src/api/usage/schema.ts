import * as z from 'zod';
import { apiSchemas } from '../api-schemas.js';
import { count, protocolsSchema, trafficCountsSchema } from '../traffic.js';

/** Of one socket: what calls are counted with. */
export const callCountsSchema = z
  .object({
    calls: count().describe('Requests that have ended, and messages that nobody answers.'),
    errors: count().describe('Calls that failed, and calls that nobody answered.'),
    unknown: count().describe('Calls of which it is unknown whether they succeeded or failed.'),
    cancelled: count().describe('Calls that were called off.'),
  })
  .register(apiSchemas, { id: 'CallCounts' });

export const methodCountsSchema = callCountsSchema
  .extend({
    sendBytes: count().describe(
      'Bytes of its messages from the container to the upstream. Where both ends call a method, they are told with the calls of the container.',
    ),
    recvBytes: count().describe('Bytes of its messages from the upstream to the container.'),
  })
  .register(apiSchemas, { id: 'MethodCounts' });

export const durationsSchema = z
  .object({
    count: count().describe('Calls whose duration is known.'),
    sumMs: count(),
    p50Ms: count().describe(
      'Estimated, as the next two: values are taken to be spread evenly within their bucket, the first of which begins at zero, and what is above all boundaries is taken for the last.',
    ),
    p95Ms: count(),
    p99Ms: count(),
    boundariesMs: z.array(z.number()).describe('Upper bounds of the buckets, inclusive.'),
    counts: z
      .array(count())
      .describe(
        'Calls in each bucket, and in one more for what is above all boundaries. They need not be whole where histograms with different boundaries are added up.',
      ),
  })
  .register(apiSchemas, { id: 'Durations' })
  .describe('How long calls took. Left out where that is known of none.');

const containerSchema = z
  .record(z.string(), z.string())
  .describe('What is known of the container or program, as events have it: container.id, container.name, …');

const subject = {
  socket: z
    .string()
    .optional()
    .describe('uds.socket.name. Left out for what is counted together, for want of room for more series.'),
  path: z.string().optional().describe('uds.socket.path'),
};

export const methodUsageSchema = z
  .object({
    container: containerSchema,
    ...subject,
    protocol: z.string().optional().describe('As the configuration names it. Left out as the socket is.'),
    namespace: z.string().optional().describe('The database that it works on, where the protocol has those.'),
    method: z.string().describe('As events have it; _OTHER for what is not shown by name.'),
    from: z.enum(['container', 'upstream']).describe('Which end calls.'),
    counts: methodCountsSchema,
    durations: durationsSchema.optional(),
  })
  .register(apiSchemas, { id: 'MethodUsage' });

export const flowUsageSchema = z
  .object({
    container: containerSchema.optional(),
    ...subject,
    scope: z
      .string()
      .optional()
      .describe('uds.socket.scope: whether the server runs on the host, or in a container itself.'),
    protocols: protocolsSchema,
    counts: trafficCountsSchema,
    calls: callCountsSchema,
    durations: durationsSchema.optional(),
  })
  .register(apiSchemas, { id: 'FlowUsage' });

/** The envelope of a page. */
const page = {
  total: z.number().int().nonnegative().describe('How many there are on all pages.'),
  next: z.string().optional().describe('`cursor` of the next page. Left out on the last.'),
};

export const methodsSchema = z
  .object({ ...page, methods: z.array(methodUsageSchema) })
  .register(apiSchemas, { id: 'Methods' });

export const flowsSchema = z
  .object({ ...page, flows: z.array(flowUsageSchema) })
  .register(apiSchemas, { id: 'Flows' });

export type CallCounts = Readonly<z.output<typeof callCountsSchema>>;
export type MethodCounts = Readonly<z.output<typeof methodCountsSchema>>;
export type Durations = Readonly<z.output<typeof durationsSchema>>;
export type MethodUsage = Readonly<z.output<typeof methodUsageSchema>>;
export type FlowUsage = Readonly<z.output<typeof flowUsageSchema>>;
