import type { Direction } from '../../../protocols/direction.js';

/** What `keep` returns for a unit of which nothing shall be recorded. */
export const SKIP = -1;

/**
 * Decides how much payload is captured. It runs for every message, and sees sizes, never payload. One of udscope's own
 * runs on a relay thread, and must be quick; a module runs on a strategy thread, and costs nobody else any time.
 *
 * A strategy of your own is an ES module whose default export makes one: `export default (options) => ({ … })`.
 * Only `keep` is required of it.
 */
export interface CaptureStrategy {
  /**
   * How many leading bytes to keep of a message, or of an operation where messages cannot be told apart: a
   * whole number, Infinity for all of it, 0 for none but the fact, -1 to leave it out.
   *
   * @param bytes its length as far as the relay has received it: a large message arrives in several pieces.
   * @param direction 0: from the container (send), 1: to it (recv).
   * @param connection a number that no other open connection of this relay thread has.
   */
  keep(bytes: number, direction: Direction, connection: number): number;
  /** Whether anything of a connection that begins is captured. Left out: yes. */
  takesConnection?(connection: number): boolean;
  /** How many messages of that direction each captured one stands for; at least 1. Left out: 1. */
  weight?(direction: Direction): number;
}

/** What the default export of a strategy's module is. `options` are those of the configuration. */
export type CaptureStrategyFactory = (options: Readonly<Record<string, unknown>>) => CaptureStrategy;

/** A strategy with nothing left out. */
export type CompleteStrategy = Required<CaptureStrategy>;
