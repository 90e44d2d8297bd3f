/**
 * What the main thread and a strategy thread say to each other. The set is closed: an unknown message is a bug and fails
 * loudly.
 */
import type { MessagePort } from 'node:worker_threads';
import type { CaptureSettings } from '../strategies/settings.js';

export type StrategyCommand =
  /** Ask the strategy about what a listener's connections say. Answered by `ready` or `failed`. */
  | { type: 'add'; listener: number }
  /** Nothing of it comes any more. */
  | { type: 'remove'; listener: number }
  /** Answered by `flushed` when all is passed on that the rings hold now. */
  | { type: 'flush'; flush: number };

export type StrategyReport =
  /** The module could not be loaded: it is of no use to any listener. */
  | { type: 'not_loaded'; error: string }
  | { type: 'ready'; listener: number }
  /** The strategy is at fault: nothing of this listener is passed on any more. */
  | { type: 'failed'; listener: number; error: string }
  /** What the module left to run by itself has failed. Said once. */
  | { type: 'strayed'; error: string }
  | { type: 'flushed'; flush: number };

/** Words that the two share. PROGRESS: changes as long as the thread goes on. ASKED: the listener it asks about, and 1 more. */
export const PROGRESS = 0;
export const ASKED = 1;
/** Not 0: leave, now. */
export const EXIT = 2;
/** The first word of the doorbell, which relay threads and the main thread ring. */
export const STATUS_WORDS = 3;

/** A ring that one relay thread writes to, and the one that its readers read. */
export interface RingPair {
  readonly whole: SharedArrayBuffer;
  readonly kept: SharedArrayBuffer;
}

/** What a strategy thread is started with. */
export interface StrategyThreadData {
  readonly port: MessagePort;
  /** STATUS_WORDS. */
  readonly status: SharedArrayBuffer;
  /** What writers of whole rings ring, and the main thread. */
  readonly doorbell: SharedArrayBuffer;
  /** What the readers of kept rings sleep on. */
  readonly readersDoorbell: SharedArrayBuffer;
  readonly rings: readonly RingPair[];
  readonly capture: CaptureSettings;
  /** Connections that a relay thread can have. */
  readonly connections: number;
  /** Bytes of an operation, as a rule. */
  readonly operationBytes: number;
}
