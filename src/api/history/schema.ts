import * as z from 'zod';
import { apiSchemas } from '../api-schemas.js';
import { count } from '../traffic.js';

/** What a history may be drawn by. */
export const HISTORY_GROUPS = ['container', 'socket'] as const;

export type HistoryGroup = (typeof HISTORY_GROUPS)[number];

const points = (what: string) => z.array(count()).describe(`${what}, in each interval.`);

const curvesSchema = z.object({
  sendBytes: points('Bytes from containers to upstreams'),
  recvBytes: points('Bytes from upstreams to containers'),
  calls: points('Calls that have ended'),
  errors: points('Those of them that failed'),
});

export const historySchema = z
  .object({
    endsMs: z
      .array(z.number())
      .describe('When each interval ended, the latest last. Wall clock, ms since the epoch.'),
    seconds: z.array(count()).describe('How long each interval was.'),
    lines: z
      .array(
        curvesSchema.extend({
          container: z.record(z.string(), z.string()).optional(),
          socket: z.string().optional(),
          path: z.string().optional().describe('uds.socket.path'),
        }),
      )
      .describe('The first by bytes in all intervals.'),
    others: curvesSchema
      .optional()
      .describe(
        'The sum of all that has no line of its own here. Of what the agent remembers only as a part of such a sum, it does not know the container or socket, so a choice leaves that out.',
      ),
    unchosen: count().describe(
      'How many pairs of a container and a socket are chosen and are part of no line, since the agent only remembers their sum with others.',
    ),
  })
  .register(apiSchemas, { id: 'History' });

export type Curves = Readonly<z.output<typeof curvesSchema>>;
export type History = Readonly<z.output<typeof historySchema>>;

export interface HistoryQuery {
  readonly by: HistoryGroup;
  /** Lines of their own. */
  readonly limit: number;
  /** The most intervals; more are added up to fewer. */
  readonly points: number;
  /** undefined: everything is shown. */
  readonly filter:
    | ((subject: {
        readonly container: Readonly<Record<string, string>>;
        readonly socket: string | undefined;
      }) => boolean)
    | undefined;
}
