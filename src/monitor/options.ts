import type { Attributes } from '@opentelemetry/api';
import * as z from 'zod';
import { captureProcessorSchema } from '../processors/capture/config.js';
import type { RingSettings } from '../processors/capture/ring/layout.js';
import type { CaptureStrategy, CompleteStrategy } from '../processors/capture/strategies/strategy.js';
import { type Direction, RECV, SEND } from '../protocols/direction.js';
import { numberFrom, wholeNumber } from '../values/number.js';
import { checkedBy, withKeys } from './check.js';
import type { MonitorError } from './monitor-error.js';
import { type StrategyOptions, strategyOfOptions } from './strategy-options.js';

const MAX_SERIES = 1_000_000;

export interface MonitorOptions {
  /**
   * How much of the payload is kept, or your own strategy, which sees a registered socket as a connection and an
   * operation as a message. Default: the first 512 bytes of each operation.
   */
  strategy?: StrategyOptions | CaptureStrategy;
  /** Directions to capture. Both are always counted. Default: send. */
  directions?: readonly ('send' | 'recv')[];
  ringBuffer?: {
    /** Limit on records, 2 to 2^20. Default: 4096. */
    entries?: number;
    /**
     * Limit on captured bytes, 64 KiB to 1 GiB, as a number or `4MiB`. One record has at most half of it. Default: 4
     * MiB.
     */
    maxBytes?: number | string;
  };
  /** Attributes of every series. */
  attributes?: Attributes;
  /** Series kept at a time; further ones are counted in one overflow series. Default: 20,000. */
  maxSeries?: number;
  /** How long the series of a closed socket are still reported, in ms. Default: 60,000. */
  lingerMs?: number;
  /**
   * Called when your own strategy threw or returned an invalid value. The socket is no longer captured, but still
   * counted. Default: the error is thrown asynchronously, not from the call that recorded.
   */
  onFault?: (error: MonitorError) => void;
}

/** Checked options with all defaults filled in. */
export interface MonitorSettings {
  /** undefined if nothing is captured. */
  readonly strategy: CompleteStrategy | undefined;
  readonly directions: readonly Direction[];
  readonly ring: RingSettings;
  readonly attributes: Attributes;
  readonly maxSeries: number;
  readonly lingerMs: number;
  readonly onFault: (error: MonitorError) => void;
}

const capture = captureProcessorSchema.shape;
const ringBuffer = capture.ring_buffer.unwrap().shape;

const optionsSchema = withKeys({
  strategy: z.unknown().optional(),
  directions: capture.directions.unwrap().prefault(['send']),
  ringBuffer: withKeys({ entries: ringBuffer.entries, maxBytes: ringBuffer.max_bytes }).prefault({}),
  attributes: z.record(z.string(), z.unknown()).prefault({}),
  maxSeries: wholeNumber({ min: 1, max: MAX_SERIES }).prefault(20_000),
  lingerMs: numberFrom(0).prefault(60_000),
  onFault: z.custom((value) => typeof value === 'function', 'is not a function').optional(),
});

/** @throws MonitorError if an option is not accepted; the message says what is */
export function monitorSettings(options: MonitorOptions): MonitorSettings {
  const { directions, ringBuffer, maxSeries, lingerMs } = checkedBy(optionsSchema, options, '');
  return {
    strategy: strategyOfOptions(options.strategy ?? { strategy: 'size_limit' }),
    directions: directions.map((direction) => (direction === 'send' ? SEND : RECV)),
    ring: ringBuffer,
    attributes: { ...options.attributes },
    maxSeries,
    lingerMs,
    onFault: options.onFault ?? throwApart,
  };
}

function throwApart(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
