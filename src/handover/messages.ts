/*
 * What two agents say to each other while one takes over from the other, a line of JSON for each message:
 *
 *   successor                    predecessor
 *   hello                   ──►
 *                           ◄──  hello            neither has changed anything yet
 *   retire                  ──►                   it relays, and asks the other to stop accepting
 *                           ◄──  stopped          if it was asked to say so: sockets for datagrams may be read now
 *                           ◄──  table, reader, series, counted, reported …, done 0
 *   read 1                  ──►                   before each scrape, and every second
 *                           ◄──  series, counted, gone …, done 1
 *                           ◄──  series, counted, gone …, end       its last connection has ended
 *   taken                   ──►                   and its process ends
 *
 * A message that one side does not know ends the conversation: the successor counts afresh then, and the predecessor
 * drains all the same.
 */
import * as z from 'zod';

/** Another number for whatever the other side would misunderstand. */
export const HANDOVER_VERSION = 1;

/** The longest message, in characters: a series with many long attributes. */
export const MAX_MESSAGE_LENGTH = 1024 * 1024;

const attributesSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
/** By the wall clock. */
const timeSchema = z.tuple([z.number(), z.number()]);
const count = z.number().int().nonnegative();
/** Column and value in turns, of columns that have changed. */
const valuesSchema = z.array(z.number());

const helloSchema = z.object({
  type: z.literal('hello'),
  version: count,
  pid: count,
  /** It has been taken over from already. Left out by a successor. */
  isRetired: z.boolean().optional(),
  /** A process that has taken over from it is alive, and tells what it counts. */
  isTold: z.boolean().optional(),
});

/** Whose series it is. */
const seriesOfSchema = z.object({
  attributes: attributesSchema,
  owner: z
    .object({ key: z.string(), attributes: attributesSchema, container: attributesSchema.optional() })
    .optional(),
  container: attributesSchema.optional(),
});

export type SeriesOf = z.output<typeof seriesOfSchema>;

const inTable = { table: count };
const ofSeries = { ...inTable, series: count };

export const predecessorMessageSchema = z.discriminatedUnion('type', [
  helloSchema,
  /** It accepts nobody any more, and reads no socket for datagrams. Only for a successor that `reads` these then. */
  z.object({ type: z.literal('stopped') }),
  /** A table has a number from now on. `layout`: what its columns mean. */
  z.object({ type: z.literal('table'), ...inTable, name: z.string(), layout: z.string() }),
  /** There is a delta reader, which is owed whatever is removed from now on. */
  z.object({ type: z.literal('reader'), ...inTable, reader: z.string() }),
  /** A series has a number from now on. `livesWith`: a path that exists as long as what it is of. */
  z.object({ type: z.literal('series'), ...ofSeries, of: seriesOfSchema, since: timeSchema }),
  z.object({
    type: z.literal('counted'),
    ...ofSeries,
    values: valuesSchema,
    isHeld: z.boolean(),
    isFinal: z.boolean(),
    livesWith: z.string().optional(),
  }),
  /** It is shown no more; `counted` has told its last values. */
  z.object({ type: z.literal('gone'), ...ofSeries }),
  /** What a delta reader has had of a series, or, without a number, of one that is gone. */
  z.object({
    type: z.literal('reported'),
    ...inTable,
    reader: z.string(),
    series: count.optional(),
    of: seriesOfSchema.optional(),
    since: timeSchema,
    values: valuesSchema,
  }),
  /** All is told that was to be told for a `read`. `connections`: those that are open. */
  z.object({ type: z.literal('done'), read: count, connections: count }),
  z.object({ type: z.literal('end') }),
]);

export const successorMessageSchema = z.discriminatedUnion('type', [
  helloSchema,
  /** `reads`: it waits for `stopped` before it reads what clients send without a connection. One of an earlier program does not. */
  z.object({ type: z.literal('retire'), reads: z.boolean().optional() }),
  z.object({ type: z.literal('read'), read: count }),
  /** It cannot start. */
  z.object({ type: z.literal('failed'), error: z.string() }),
  z.object({ type: z.literal('taken') }),
]);

export type PredecessorMessage = z.output<typeof predecessorMessageSchema>;
export type SuccessorMessage = z.output<typeof successorMessageSchema>;
export type TableMessage = Extract<
  PredecessorMessage,
  { type: 'table' | 'reader' | 'series' | 'counted' | 'gone' | 'reported' }
>;
