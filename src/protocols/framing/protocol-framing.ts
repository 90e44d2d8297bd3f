import type { Direction } from '../direction.js';
import type { Framer } from './framer.js';
import type { Meter } from './meter.js';

/** What a relay thread needs to know of a protocol. */
export interface ProtocolFraming {
  /** As the configuration and metrics have it. */
  readonly name: string;
  /** The name of the protocol that may follow on the same connection, where both ends agree on it. */
  readonly successor?: string | undefined;
  /**
   * Makes what finds the messages of one direction of a connection, and tells whether it is this protocol that is spoken.
   * `meter` counts what that takes.
   */
  createFramer(direction: Direction, meter: Meter): Framer;
}

/** Those that can be told apart by what they begin with: of several that are framed alike, the first. */
export function distinctFramings<T extends ProtocolFraming>(framings: readonly T[]): readonly T[] {
  return framings.filter(
    ({ createFramer }, index) => framings.findIndex((other) => other.createFramer === createFramer) === index,
  );
}
