/** What a framer has found out about a stream. */
export const UNDECIDED = 0;
/** One message a line. */
export const LINES = 1;
/** JSON texts one after the other, with white space between them or without. */
export const JSON_TEXTS = 2;
/** A block of header lines, then a body: HTTP/1.1, or the Content-Length framing of LSP. */
export const HEADERS = 3;
/** Where messages begin and end cannot be told. */
export const UNFRAMED = 4;

export type Framing = typeof UNDECIDED | typeof LINES | typeof JSON_TEXTS | typeof HEADERS | typeof UNFRAMED;

/** What a unit is: a whole message, or one of the two parts of a message that has headers. */
export const MESSAGE = 0;
export const HEADER_BLOCK = 1;
export const BODY = 2;

export type UnitKind = typeof MESSAGE | typeof HEADER_BLOCK | typeof BODY;

/** What `next` returns when the unit at hand goes on beyond the bytes it was shown. */
export const UNFINISHED = -1;

/**
 * Finds where units end in one direction of a connection, and nothing else: it is cheap enough for the hot
 * path, where it allocates nothing.
 *
 * The bytes are those of a stream, shown piece by piece, each once and in order. Whoever shows them makes
 * sure that one byte more than `to` is there: it is overwritten, so that a native search finds an end.
 */
export interface Framer {
  readonly framing: Framing;
  /** What the unit at hand is, or the next one if the stream stands between two. */
  readonly kind: UnitKind;
  /** Whether the stream stands between two units, or has only shown blanks since it did. */
  readonly isBetween: boolean;
  /**
   * Looks at bytes[from, to). The index after the unit's last byte, in (from, to], or UNFINISHED when the unit
   * goes on beyond `to`. An UNFRAMED stream has only units that end at `to`.
   */
  next(bytes: Uint8Array, from: number, to: number): number;
  /**
   * `count` bytes of the stream are not to be had. `endsUnit`: the last of them ends a unit, whatever the
   * framer would have made of them.
   */
  skip(count: number, endsUnit: boolean): void;
  /** Bytes are missing and nobody knows how many: the next ones may be anything. */
  lose(): void;
  /** Starts over with a new stream. */
  reset(): void;
}
