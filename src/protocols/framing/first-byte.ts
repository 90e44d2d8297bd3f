import type { Direction } from '../direction.js';
import { UNFRAMED } from './framer.js';
import { Meter } from './meter.js';
import type { ProtocolFraming } from './protocol-framing.js';

const NOT_ASKED = 0;
const POSSIBLE = 1;
const IMPOSSIBLE = 2;

type Answers = readonly [sent: Uint8Array, received: Uint8Array];

/** By what makes the framers: for each direction and byte, what was said of it. */
const known = new WeakMap<ProtocolFraming['createFramer'], Answers>();

/**
 * Whether a stream of a protocol may begin with a byte. Its framer says so, which is asked once for each byte: so that none needs
 * to be made for the many streams that begin with it.
 */
export function mayBegin({ createFramer }: ProtocolFraming, direction: Direction, byte: number): boolean {
  let answers = known.get(createFramer);
  if (answers === undefined) {
    answers = [new Uint8Array(256), new Uint8Array(256)];
    known.set(createFramer, answers);
  }
  const ofDirection = answers[direction];
  if (ofDirection[byte] === NOT_ASKED) {
    const framer = createFramer(direction, new Meter());
    // With the byte behind it that a search may overwrite.
    framer.next(Uint8Array.of(byte, 0), 0, 1);
    ofDirection[byte] = framer.framing === UNFRAMED ? IMPOSSIBLE : POSSIBLE;
  }
  return ofDirection[byte] === POSSIBLE;
}
