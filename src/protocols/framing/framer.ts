import type { Glance } from './glance.js';

/** What a framer has found out about a stream. Further values are those of a protocol that has several framings. */
export const UNDECIDED = 0;
/** Where messages begin and end cannot be told. */
export const UNFRAMED = 1;
/** Where they do is known. */
export const FRAMED = 2;

/** What a unit is: a whole message, or one of the two parts of a message that has headers. */
export const MESSAGE = 0;
export const HEADER_BLOCK = 1;
export const BODY = 2;

export type UnitKind = typeof MESSAGE | typeof HEADER_BLOCK | typeof BODY;

/** What `next` returns when the unit at hand goes on beyond the bytes it was shown. */
export const UNFINISHED = -1;

/** What a part of a framer returns, besides an index or UNFINISHED, for bytes that it has no place for. */
export const MALFORMED = -2;

/** The `terminator` of a framing that has none. */
export const NO_TERMINATOR = -1;

/**
 * Finds where units end in one direction of a connection, and nothing else: it is cheap enough for the hot
 * path, where it allocates nothing.
 *
 * The bytes are those of a stream, shown piece by piece, each once and in order. The caller makes sure that
 * one byte more than `to` is there: it is overwritten, so that a native search finds an end.
 */
export interface Framer {
  /** UNDECIDED, UNFRAMED, FRAMED or more. */
  readonly framing: number;
  /**
   * Whether the bytes so far can be nothing else: of several protocols that are possible, this is the one. A framer
   * that is UNFRAMED has ruled its protocol out.
   */
  readonly isRecognised: boolean;
  /** What the unit at hand is, or the next one if the stream stands between two. */
  readonly kind: UnitKind;
  /** What the unit is with which the stream, as it is framed now, began. */
  readonly openingKind: UnitKind;
  /** It is UNFRAMED since a unit that was whole: another protocol follows behind that. */
  readonly isTunnel?: boolean;
  /** Whether the stream stands between two units, or has only shown blanks since it did. */
  readonly isBetween: boolean;
  /** The byte that ends every unit and stands nowhere else in it, or NO_TERMINATOR. */
  readonly terminator: number;
  /** How whole units are told by a glance at their ends, as the stream stands now. */
  readonly glance: Glance;
  /** Bytes from the beginning of a unit without which it cannot be decoded, however little is to be kept. */
  minBytes(kind: UnitKind): number;
  /**
   * Bytes from the beginning of the unit at hand, or of the one that ended last, behind which nothing is of use to a decoder: no more
   * is kept, unless all is.
   */
  maxBytes(kind: UnitKind): number;
  /**
   * Looks at bytes[from, to). The index after the unit's last byte, in (from, to], or UNFINISHED when the unit
   * goes on beyond `to`. `from` itself, when bytes[from] shows that a unit of an earlier piece has ended with it. An
   * UNFRAMED stream has only units that end at `to`.
   */
  next(bytes: Uint8Array, from: number, to: number): number;
  /**
   * `count` bytes of the stream are not to be had. `endsUnit`: the last of them ends a unit, whatever the
   * framer would have made of them.
   */
  skip(count: number, endsUnit: boolean): void;
  /** An unknown number of bytes is missing: the next ones may be anything. */
  lose(): void;
}
