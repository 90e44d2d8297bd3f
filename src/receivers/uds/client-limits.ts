import * as z from 'zod';
import { wholeNumber } from '../../values/number.js';
import { formatSize, size } from '../../values/size.js';
import { PARKED_BYTES_MIN } from './relay/shares.js';

const KIB = 2 ** 10;
const GIB = 2 ** 30;
const MAX_CONNECTIONS = 2 ** 20;
const MAX_SERIES = 2 ** 24;
const MAX_METHODS = 10_000;
const MAX_CALLS = 131_072;

/** What each client may take of what all share. A client is a container or, where there is none, a user. */
export const clientLimitsSchema = z
  .strictObject({
    connections: wholeNumber({ min: 1, max: MAX_CONNECTIONS })
      .prefault(4096)
      .describe('Connections that one client has open at a time; further ones are closed at once.'),
    parked_bytes: size({ min: 64 * KIB, max: 64 * GIB })
      .prefault('64MiB')
      .describe(
        `Bytes that udscope keeps because nobody reads them, of one client. At least ${PARKED_BYTES_MIN / KIB}KiB for each of its connections; the more it has, the less each of them gets.`,
      ),
    series: wholeNumber({ min: 1, max: MAX_SERIES })
      .prefault(2000)
      .describe(
        'Series of one client in each of the three kinds: sockets, calls, bytes of methods. What goes beyond is summed in an otel.metric.overflow series of its own.',
      ),
    methods: wholeNumber({ min: 0, max: MAX_METHODS })
      .prefault(200)
      .describe(
        'Methods of one client that are shown by name, on all sockets together; the rest is _OTHER. 0: none are.',
      ),
    pending_calls: wholeNumber({ min: 1, max: MAX_CALLS })
      .prefault(16_384)
      .describe(
        'Calls of one client whose answers are waited for, and KiB that are kept of them; then the oldest are not waited for any more.',
      ),
  })
  .superRefine(({ connections, parked_bytes }, context) => {
    const least = connections * PARKED_BYTES_MIN;
    if (parked_bytes >= least) return;
    context.addIssue({
      code: 'custom',
      path: ['parked_bytes'],
      input: formatSize(parked_bytes),
      message: `is too little for ${connections} connections; give at least ${formatSize(least)}, or allow fewer connections`,
    });
  });

export type ClientLimits = z.output<typeof clientLimitsSchema>;
