import { ASSERTIONS, invariant } from '../../../assertions.js';
import {
  align,
  FLAG_BITS,
  HEAD,
  READ,
  type RingViews,
  SLOT_DOUBLES,
  SLOT_INTS,
  SLOT_LENGTH,
  SLOT_PIECES_AND_FLAGS,
  SLOT_POSITION,
  TAIL,
  viewRing,
} from './layout.js';
import { PIECE_BYTES } from './record.js';
import { RingWriter } from './ring-writer.js';

/**
 * A writer that checks what layout.ts says of the ring, in the memory that readers see, whenever a record is begun or
 * published. See assertions.ts.
 */
export class CheckedRingWriter extends RingWriter {
  readonly #views: RingViews;
  readonly #hasShares: boolean;
  /** What the record at hand was begun with; undefined between records. */
  #begun: { pieces: number; bytes: number } | undefined;

  constructor(...parts: ConstructorParameters<typeof RingWriter>) {
    super(...parts);
    const [memory, , , options] = parts;
    this.#views = viewRing(memory, options?.offset);
    this.#hasShares = options?.shares !== undefined;
  }

  override begin(pieces: number, bytes: number, client?: number): boolean {
    const length = pieces * PIECE_BYTES + bytes;
    const { words, dataBytes } = this.#views;
    invariant(length <= dataBytes, 'a record is begun that is longer than the ring');
    const tail = words[TAIL];
    const isAdmitted = super.begin(pieces, bytes, client);
    invariant(words[HEAD] === this.head, 'a record is given out before it is written');
    invariant(words[TAIL] === this.tail, 'a reader is not told what is overwritten');
    invariant(isAdmitted || this.tail === tail, 'something is overwritten for a record that is not admitted');
    if (this.#hasShares)
      invariant(this.tail <= words[READ], 'a record is overwritten that is in its share, unread');
    this.#begun = isAdmitted ? { pieces, bytes } : undefined;
    return isAdmitted;
  }

  override writeWhole(...fields: Parameters<RingWriter['writeWhole']>): boolean {
    const { words } = this.#views;
    const [head, tail] = [words[HEAD], words[TAIL]];
    const isWritten = super.writeWhole(...fields);
    const [, bytes] = fields;
    invariant(words[TAIL] === tail, 'something is overwritten for a record that is written at once');
    if (isWritten) this.#checkPublished(head, { pieces: 1, bytes });
    else invariant(words[HEAD] === head, 'a record is written although it was refused');
    return isWritten;
  }

  override publish(...fields: Parameters<RingWriter['publish']>): void {
    const begun = this.#begun;
    const head = this.#views.words[HEAD];
    invariant(begun !== undefined, 'a record is published that was not begun');
    super.publish(...fields);
    this.#begun = undefined;
    this.#checkPublished(head, begun);
  }

  /** `head`: the sequence of the record. */
  #checkPublished(head: number, begun: { pieces: number; bytes: number }): void {
    const { words, entries, dataBytes } = this.#views;
    invariant(words[HEAD] === head + 1, 'HEAD has not moved by the record');
    const tail = words[TAIL];
    invariant(tail <= head && head + 1 - tail <= entries, 'more records are intact than there are slots');
    const end = this.#positionOf(head) + align(this.#lengthOf(head));
    invariant(end - this.#positionOf(tail) <= dataBytes, 'more data is intact than there is room');
    this.#checkRecord(head, begun);
    if (head > tail) this.#checkOrder(head);
  }

  /** What was written is what was begun: readers believe the words of the pieces. */
  #checkRecord(sequence: number, { pieces, bytes }: { pieces: number; bytes: number }): void {
    const { slotInts, dataInts, dataBytes, entries } = this.#views;
    const length = this.#lengthOf(sequence);
    const offset = this.#positionOf(sequence) % dataBytes;
    const piecesAndFlags = slotInts[(sequence % entries) * SLOT_INTS + SLOT_PIECES_AND_FLAGS];
    invariant(piecesAndFlags >>> FLAG_BITS === pieces, 'pieces are missing');
    invariant(length === pieces * PIECE_BYTES + bytes, 'a record has other bytes than were announced');
    invariant(offset + length <= dataBytes, 'the data of a record wraps');
    // A monitor's records are their bytes, without pieces.
    if (pieces === 0) return;
    let kept = 0;
    for (let i = 0; i < pieces; i++) kept += dataInts[(offset + i * PIECE_BYTES) >> 2];
    invariant(kept === bytes, 'the pieces of a record are not its bytes');
  }

  /** It begins behind the data of the one before it. */
  #checkOrder(head: number): void {
    const before = this.#positionOf(head - 1) + align(this.#lengthOf(head - 1));
    invariant(this.#positionOf(head) >= before, 'a record lies over the one before it');
  }

  #positionOf(sequence: number): number {
    const { slotDoubles, entries } = this.#views;
    return slotDoubles[(sequence % entries) * SLOT_DOUBLES + SLOT_POSITION];
  }

  #lengthOf(sequence: number): number {
    const { slotInts, entries } = this.#views;
    return slotInts[(sequence % entries) * SLOT_INTS + SLOT_LENGTH];
  }
}

/** Makes the writer of a ring, one that checks itself if that is asked for. */
export function createRingWriter(...parts: ConstructorParameters<typeof RingWriter>): RingWriter {
  return ASSERTIONS ? new CheckedRingWriter(...parts) : new RingWriter(...parts);
}
