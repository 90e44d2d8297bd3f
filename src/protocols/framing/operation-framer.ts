import { type Framer, MESSAGE, NO_TERMINATOR, UNFRAMED } from './framer.js';
import { ANYTHING } from './glance.js';

/** Takes each operation for a unit. */
export class OperationFramer implements Framer {
  readonly framing = UNFRAMED;
  readonly isRecognised = false;
  readonly kind = MESSAGE;
  readonly openingKind = MESSAGE;
  readonly isBetween = true;
  readonly terminator = NO_TERMINATOR;
  readonly glance = ANYTHING;

  minBytes(): number {
    return 0;
  }

  maxBytes(): number {
    return Number.POSITIVE_INFINITY;
  }

  next(_bytes: Uint8Array, _from: number, to: number): number {
    return to;
  }

  skip(): void {}

  lose(): void {}
}
