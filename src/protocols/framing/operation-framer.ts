import { type Framer, MESSAGE, UNFRAMED } from './framer.js';

/** Takes each operation for a unit. */
export class OperationFramer implements Framer {
  readonly framing = UNFRAMED;
  readonly kind = MESSAGE;
  readonly isBetween = true;

  next(_bytes: Uint8Array, _from: number, to: number): number {
    return to;
  }

  skip(): void {}

  lose(): void {}

  reset(): void {}
}
