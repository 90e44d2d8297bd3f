import * as z from 'zod';
import { PROTOCOL_NAMES } from '../../protocols/names.js';
import { wholeNumber } from '../../values/number.js';

import { text } from '../../values/text.js';
import { ratio } from '../capture/config.js';
import { pathTemplate } from './path-template.js';

const MAX_METHODS = 10_000;
/** A path that is seen for the first time is compared with all that begin as it does, or with a placeholder. */
const MAX_ROUTES = 1000;
/** As many as client_limits lets a client have. */
export const DEFAULT_METHODS = 200;

export const enrichProcessorSchema = z.strictObject({
  protocols: z
    .array(z.enum(PROTOCOL_NAMES))
    .min(1)
    .prefault([...PROTOCOL_NAMES])
    .describe('Protocols that are tried where a socket says auto, in this order.'),
  methods: z
    .strictObject({
      known: z.array(text()).prefault([]).describe('Methods that metrics always show by name.'),
      max: wholeNumber({ min: 0, max: MAX_METHODS })
        .prefault(DEFAULT_METHODS)
        .describe(
          'Others that are shown by name, of each client on each socket, first come first served; the rest is _OTHER. 0: none are.',
        ),
    })
    .prefault({})
    .describe('Which methods metrics show by name.'),
  http: z
    .strictObject({
      routes: z
        .array(pathTemplate())
        .max(MAX_ROUTES)
        .prefault([])
        .describe(
          'Templates of paths, as /orders/{id} or /files/{path...}, beside those of the Docker and Podman APIs.',
        ),
    })
    .prefault({})
    .describe('How requests of HTTP are named.'),
  latency: z
    .boolean()
    .prefault(true)
    .describe('Match responses to requests, for durations and errors. Needs both directions captured.'),
  payload: z
    .enum(['none', 'hashed', 'raw'])
    .prefault('none')
    .describe(
      'What spans, log records and the live stream show of parameters and results: nothing, length and keyed hash, or all.',
    ),
  span_ratio: ratio()
    .prefault(1)
    .describe('The part of the calls that get a span where a traces pipeline makes them. 0: none. 1: all.'),
});

export type EnrichProcessorConfig = z.output<typeof enrichProcessorSchema>;
