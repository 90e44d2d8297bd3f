import type { Direction } from '../direction.js';
import type { Framer } from './framer.js';
import type { Meter } from './meter.js';

/** What a relay thread needs to know of a protocol. */
export interface ProtocolFraming {
  /** As the configuration and metrics have it. */
  readonly name: string;
  /**
   * Makes what finds the messages of one direction of a connection, and tells whether it is this protocol that is spoken.
   * `meter` counts what that takes.
   */
  createFramer(direction: Direction, meter: Meter): Framer;
}
