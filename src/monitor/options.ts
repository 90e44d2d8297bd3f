import type { Attributes } from '@opentelemetry/api';
import { z } from 'zod';
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
   * What is kept of the payload, or a strategy of your own, for which a registered socket is a connection and
   * an operation a message. Default: the first 512 bytes of each operation.
   */
  strategy?: StrategyOptions | CaptureStrategy;
  /** What is captured; what is not is counted all the same. Default: send. */
  directions?: readonly ('send' | 'recv')[];
  ringBuffer?: {
    /** Records kept at most, 2 to 2^20. Default: 1024. */
    entries?: number;
    /** Captured bytes kept at most, 64 KiB to 1 GiB, as a number or `4MiB`. Default: 4 MiB. One record has at most half of it. */
    maxBytes?: number | string;
  };
  /** Attributes of every series. */
  attributes?: Attributes;
  /** Series kept at a time; what comes beyond is counted in one overflow series. Default: 20,000. */
  maxSeries?: number;
  /** How long the series of a closed socket are still reported, in ms. Default: 60,000. */
  lingerMs?: number;
  /**
   * Hears when a strategy of your own threw, or returned what it may not; the socket is captured no more, and
   * counted as before. Without it the error is thrown, but not at whoever recorded.
   */
  onFault?: (error: MonitorError) => void;
}

/** Options that have been checked, with nothing left out. */
export interface MonitorSettings {
  /** undefined: nothing is captured. */
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
  directions: capture.directions,
  ringBuffer: withKeys({ entries: ringBuffer.entries, maxBytes: ringBuffer.max_bytes }).prefault({}),
  attributes: z.record(z.string(), z.unknown()).prefault({}),
  maxSeries: wholeNumber({ min: 1, max: MAX_SERIES }).prefault(20_000),
  lingerMs: numberFrom(0).prefault(60_000),
  onFault: z.custom((value) => typeof value === 'function', 'is not a function').optional(),
});

/** @throws MonitorError when something in them is not accepted; the message says what would be. */
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
