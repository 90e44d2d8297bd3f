import * as z from 'zod';

/** The range of Date, ECMA-262, section 21.4.1.1. */
const MAX_TIME_MS = 8.64e15;

/** Of one piece; the agent says no more of one record. */
const MAX_BYTES = 2 ** 32;

const bytes = z.int().nonnegative().max(MAX_BYTES);

const piece = z.object({ kept: bytes, skipped: bytes, data: z.string().optional() });

const stream = z.object({
  type: z.literal('stream'),
  socket: z.string(),
  path: z.string(),
  container: z.record(z.string(), z.string()),
  connection: z.string(),
  timeMs: z.number().min(-MAX_TIME_MS).max(MAX_TIME_MS),
  protocol: z.string().optional(),
  direction: z.enum(['send', 'recv']),
  pieces: z.array(piece),
  begins: z.boolean(),
  isBehindGap: z.boolean(),
  ends: z.boolean(),
});

const line = z.discriminatedUnion('type', [
  stream,
  z.object({ type: z.literal('missed'), count: z.number() }),
]);

export type StreamEvent = z.output<typeof stream>;

/** undefined for a line that this version does not know. */
export function parseEvent(text: string): z.output<typeof line> | undefined {
  try {
    return line.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
