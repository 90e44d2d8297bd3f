import * as z from 'zod';
import { wholeNumber } from '../../values/number.js';
import { accept, type Parsed, parsedBy, refuse } from '../../values/parsed.js';
import { size } from '../../values/size.js';
import { filePath } from '../../values/written-path.js';

const KIB = 2 ** 10;
const MIB = 2 ** 20;
const MAX_ENTRIES = 2 ** 20;

/** What an operation can have at most, and more than a ring holds. */
const MAX_BYTES = 64 * MIB;

function parseRatio(input: unknown): Parsed<number> {
  return typeof input === 'number' && input >= 0 && input <= 1
    ? accept(input)
    : refuse('is not a ratio; give a number from 0 to 1');
}

/** A part of all, from 0 to 1. */
export function ratio() {
  return parsedBy(parseRatio, { type: 'number', minimum: 0, maximum: 1 });
}

function parseDirections(input: unknown): Parsed<('send' | 'recv')[]> {
  const isList =
    Array.isArray(input) &&
    input.length > 0 &&
    new Set(input).size === input.length &&
    input.every((item) => item === 'send' || item === 'recv');
  return isList ? accept(input) : refuse('is not a list of directions; give [send], [recv] or [send, recv]');
}

const strategyKeys = {
  max_bytes: size({ min: 1, max: MAX_BYTES })
    .optional()
    .describe('size_limit: leading bytes kept of each message or operation. Default: 512.'),
  module: filePath().optional().describe('module: an ES module whose default export makes the strategy.'),
  options: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('module: what its default export is called with. Default: {}.'),
};

/** What sampling does with what it has taken. Sampling twice would be sampling once. */
const thenSchema = z.strictObject({
  strategy: z
    .enum(['full', 'size_limit', 'no_data', 'module'])
    .describe('How much is kept of what was taken.'),
  ...strategyKeys,
});

export const captureProcessorSchema = z.strictObject({
  strategy: z
    .enum(['full', 'size_limit', 'sampling', 'no_data', 'module'])
    .prefault('size_limit')
    .describe('How much of the payload goes into the ring buffer. no_data: nothing.'),
  ...strategyKeys,
  ratio: ratio().optional().describe('sampling: the part that is taken, from 0 to 1. 0: nothing. Required.'),
  by: z
    .enum(['message', 'connection'])
    .optional()
    .describe(
      'sampling: take some of the messages the container sends, or some connections whole. Default: message.',
    ),
  // biome-ignore lint/suspicious/noThenProperty: the contract calls it so, and nobody awaits a configuration.
  then: thenSchema
    .optional()
    .describe('sampling: the strategy for what is taken. Default: size_limit of 512.'),
  tail_bytes: size({ min: 0, max: 64 * KIB })
    .prefault(256)
    .describe('Trailing bytes kept of a message that was cut: many programs write the id last. 0: none.'),
  per: z
    .enum(['message', 'operation'])
    .prefault('message')
    .describe('The unit of limits and sampling: a message where they can be told apart, or an operation.'),
  directions: parsedBy(parseDirections, {
    type: 'array',
    items: { enum: ['send', 'recv'] },
    minItems: 1,
    uniqueItems: true,
  })
    .prefault(['send', 'recv'])
    .describe(
      'What is captured: send, from the container; recv, to it. With send alone, calls are counted without an outcome; with recv alone, those of containers are not seen.',
    ),
  ring_buffer: z
    .strictObject({
      entries: wholeNumber({ min: 2, max: MAX_ENTRIES })
        .prefault(4096)
        .describe('Records kept at most, per relay thread.'),
      max_bytes: size({ min: 64 * KIB, max: 1024 * MIB })
        .prefault('4MiB')
        .describe('Captured bytes kept at most, per relay thread.'),
    })
    .prefault({})
    .describe(
      'What was captured and not read yet. Each container, or user, has a share: one that has more loses its own records.',
    ),
});

export type CaptureProcessorConfig = z.output<typeof captureProcessorSchema>;
