import * as z from 'zod';

/** The range of Date, ECMA-262, section 21.4.1.1. */
const MAX_TIME_MS = 8.64e15;

const count = z.number().nonnegative();

const origin = {
  socket: z.string(),
  container: z.record(z.string(), z.string()),
  timeMs: z.number().min(-MAX_TIME_MS).max(MAX_TIME_MS),
};

const operation = z.object({
  ...origin,
  type: z.literal('operation'),
  direction: z.enum(['send', 'recv']),
  bytes: count,
  captured: count,
  payload: z.string().optional(),
});

const call = z.object({
  ...origin,
  type: z.literal('call'),
  system: z.string(),
  method: z.string(),
  from: z.enum(['container', 'upstream']),
  durationMs: count.optional(),
  statusCode: z.string().optional(),
  requestBytes: count,
  responseBytes: count.optional(),
  outcome: z.string().optional(),
  unknownReason: z.string().optional(),
  errorType: z.string().optional(),
  errorMessage: z.string().optional(),
  params: z.string().optional(),
  result: z.string().optional(),
});

const streamLine = z.discriminatedUnion('type', [
  operation,
  call,
  z.object({ type: z.literal('missed'), count }),
]);

/** A line of the stream, as far as it is shown. */
export type StreamLine = z.output<typeof streamLine>;
export type ShownOperation = z.output<typeof operation>;
export type ShownCall = z.output<typeof call>;

/** undefined for a line that this version does not know: the agent may be of a later one. */
export function parseStreamLine(line: string): StreamLine | undefined {
  try {
    return streamLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
