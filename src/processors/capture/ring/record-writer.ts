import type { NativeMemory } from '../../../linux/memory.js';

/** Where records go: `begin`, the words of all pieces, their bytes, `publish`. */
export interface RecordWriter {
  /** Longest data of a record, the pieces' words included. */
  readonly maxRecordBytes: number;
  /**
   * Writes a record of one piece that ends no unit, with all bytes of an operation, each of which stands for itself: what most
   * records are, without what it takes for others. Legal when its word and bytes are at most `maxRecordBytes`. False, and nothing is
   * written, where the ring has to be put in order for it: it takes the long way then.
   */
  writeWhole(
    from: NativeMemory,
    bytes: number,
    client: number,
    capture: number,
    flow: number,
    connection: number,
    generation: number,
    ordinal: number,
    flags: number,
    weight: number,
  ): boolean;
  /**
   * Makes room for a record: legal when the pieces' words and bytes are at most `maxRecordBytes`.
   *
   * @param client a small number of the client, where clients have shares.
   * @param account what it is counted in if it is overwritten unread.
   */
  begin(pieces: number, bytes: number, client: number, account: number): void;
  /** The next piece's words; their bytes follow in the same order by `copy` or `copyBytes`. */
  addPiece(kept: number, skippedAndFlag: number): void;
  /** Appends bytes of native memory. */
  copy(from: NativeMemory, offset: number, bytes: number): void;
  /** Appends bytes of this thread's. */
  copyBytes(bytes: Uint8Array): void;
  /** Gives the record, as of now, to the readers. The arguments are those of RecordFields. */
  publish(
    capture: number,
    flow: number,
    connection: number,
    generation: number,
    ordinal: number,
    flags: number,
    size: number,
    weight: number,
  ): void;
}
