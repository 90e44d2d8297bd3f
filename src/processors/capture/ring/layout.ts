/*
 * The ring buffer: one writer that never waits, any number of readers, the oldest is dropped first.
 *
 *   words   │ HEAD TAIL CAPTURED │ fence │ WAKE… LOST │ READ │ sizes │   a cache line for each of their writers
 *   slots   │ 64 bytes for each of `entries` records, at sequence % entries │
 *   data    │ what was captured, one run of bytes for each record, at position % bytes │
 *
 *             TAIL ≤ sequence < HEAD                    records that can be read
 *             HEAD − TAIL ≤ entries                     a slot for each
 *             end(HEAD − 1) − position(TAIL) ≤ bytes    and room for their data
 *
 * Sequences and positions only grow; both are exact up to 2^53. A record's data never wraps: where it would,
 * the rest of the area is left out.
 *
 * Writer:  1  TAIL is moved past every record whose slot or data will be overwritten
 *          2  fence
 *          3  data and slot are written
 *          4  fence
 *          5  HEAD is moved past the record
 *
 * Reader:  1  HEAD is read, and nothing from it on is looked at
 *          2  fence
 *          3  slot and data are copied
 *          4  fence
 *          5  TAIL is read: if it has passed the record, the copy is thrown away and counted as lost
 *
 * Why that is right. A reader that has seen HEAD past a record has a fence between that and its copy, as the
 * writer has one between the record and HEAD: the copy is of the whole record, or of what came later. If any
 * of what it copied came from a later record (the writer's 3), then that record's move of TAIL (1) is before
 * the writer's fence (2), and the reader's look at TAIL (5) is behind its own (4): it sees TAIL past the
 * record, and throws the copy away. So a record that is given out is one that was written, whole, and what
 * was thrown away or jumped over is a difference of two sequences: exact.
 *
 * A fence keeps stores before it before stores behind it, and loads likewise; a store may still pass a later
 * load. x86-64 does that by itself, and V8 leaves the order of typed array accesses as it is. On arm64 a fence
 * is a sequentially consistent store and a load of the same kind behind it, each side on a word of its own:
 * STLR and LDAR. Nothing earlier passes the STLR, nothing later the LDAR, and the two do not pass each other.
 * Words that are not reached through `Atomics` are aligned doubles, which both machines store and load whole.
 *
 * A fair ring is two of these, a ring and its overflow, with one writer (fair-ring-writer.ts) and one reader
 * (fair-ring-reader.ts) that tells the writer how far it has come:
 *
 *   Reader:  6  COPIED is moved past the record, and READ when it is given out
 *   Writer:  0  READ is read; of the ring nothing from it on is overwritten
 *
 * Nothing above depends on them: a writer that knew READ too early would have the reader throw a copy away, and count it.
 * A client's records are given out in the order in which they were written although they are in two rings. As long as the
 * overflow has one that is neither given out nor overwritten, nothing of that client goes into the ring. So when the reader
 * copies one of the overflow, older ones of its client are in the ring already, and it looks at the ring's HEAD between
 * its 2 and its 4. A younger one that HEAD covers was written when the one of the overflow had been overwritten: TAIL has
 * passed it before that HEAD was stored, the reader's 5 sees so, and the copy is thrown away. Otherwise all up to that HEAD
 * is given out first.
 */

import { arch } from 'node:process';
import { hideFromDumps } from '../../../linux/memory.js';

const WORD_BYTES = Float64Array.BYTES_PER_ELEMENT;
const LINE_WORDS = 8;
const LINE_BYTES = LINE_WORDS * WORD_BYTES;

/** Sequence of the next record: how many have ever been written. */
export const HEAD = 0;
/** Sequence of the oldest record that is intact. */
export const TAIL = 1;
/** Bytes captured so far; the writer's, like HEAD and TAIL. */
export const CAPTURED_BYTES = 2;
/** The writer's fence. */
export const WRITER_FENCE = LINE_WORDS;
/** Written by the one reader that sleeps between records: HEAD, and end of data, at which it is to be woken. */
export const WAKE_AT_RECORD = 2 * LINE_WORDS;
export const WAKE_AT_POSITION = WAKE_AT_RECORD + 1;
/** Records that this reader was too late for, for metrics. */
export const READER_LOST = WAKE_AT_RECORD + 2;
/**
 * How far the reader has come that the writer of a fair ring reckons with: sequence of the first record that it has not
 * given out, and of the first that it has not copied. On a line of their own, for they change with each record, and the writer
 * wants to know of them less often.
 */
export const READ = 3 * LINE_WORDS;
export const COPIED = READ + 1;
/** Sizes, set once. */
export const ENTRIES = 4 * LINE_WORDS;
const DATA_BYTES = ENTRIES + 1;
/** Where the overflow of a fair ring begins in the same memory; 0 where there is none. */
const OVERFLOW_OFFSET = ENTRIES + 2;

export const HEADER_WORDS = 5 * LINE_WORDS;
export const HEADER_BYTES = HEADER_WORDS * WORD_BYTES;

/** Fields of a slot, as indices of doubles … */
export const SLOT_TIME = 0;
export const SLOT_POSITION = 1;
export const SLOT_SIZE = 2;
export const SLOT_WEIGHT = 3;
/** … and of 32-bit words. */
export const SLOT_LENGTH = 8;
/** The record's flags in the lowest byte, and the count of its pieces above. */
export const SLOT_PIECES_AND_FLAGS = 9;
export const SLOT_CONNECTION = 10;
export const SLOT_GENERATION = 11;
export const SLOT_CAPTURE = 12;
export const SLOT_FLOW = 13;
export const SLOT_ORDINAL = 14;
/** The client, for the shares of a fair ring. */
export const SLOT_CLIENT = 15;

export const FLAG_BITS = 8;

const SLOT_BYTES = 64;
export const SLOT_DOUBLES = SLOT_BYTES / 8;
export const SLOT_INTS = SLOT_BYTES / 4;

/** Data of a record begins at a multiple of it, so that the words in front of the bytes are aligned. */
const DATA_ALIGNMENT = 8;

export interface RingSettings {
  /** Records kept at most. */
  entries: number;
  /** Bytes of captured data kept at most. */
  maxBytes: number;
}

/** Memory for an empty ring. Pages cost nothing until they are written to. */
export function createRing(settings: RingSettings): SharedArrayBuffer {
  const memory = allocate(bytesOf(settings));
  layOut(memory, 0, settings);
  return memory;
}

/**
 * Memory for an empty fair ring, which is two of half the size: what has room in its client's share goes into the
 * first, the rest into its overflow.
 */
export function createFairRing({ entries, maxBytes }: RingSettings): SharedArrayBuffer {
  const half = { entries: Math.ceil(entries / 2), maxBytes: Math.ceil(maxBytes / 2) };
  const offset = Math.ceil(bytesOf(half) / LINE_BYTES) * LINE_BYTES;
  const memory = allocate(offset + bytesOf(half));
  layOut(memory, 0, half);
  layOut(memory, offset, half);
  headerOf(memory)[OVERFLOW_OFFSET] = offset;
  return memory;
}

function allocate(bytes: number): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(bytes);
  hideFromDumps(memory);
  return memory;
}

/** Where the overflow of a ring begins in its memory; undefined where it has none. */
export function overflowOf(memory: SharedArrayBuffer): number | undefined {
  return headerOf(memory)[OVERFLOW_OFFSET] || undefined;
}

/** The words of a ring: HEAD, TAIL and the others. */
export function headerOf(memory: SharedArrayBuffer, offset = 0): Float64Array {
  return new Float64Array(memory, offset, HEADER_WORDS);
}

/** The words of each ring in a memory. */
export function headersOf(memory: SharedArrayBuffer): Float64Array[] {
  const overflow = overflowOf(memory);
  return [headerOf(memory), ...(overflow === undefined ? [] : [headerOf(memory, overflow)])];
}

function bytesOf({ entries, maxBytes }: RingSettings): number {
  return HEADER_BYTES + entries * SLOT_BYTES + align(maxBytes);
}

function layOut(memory: SharedArrayBuffer, offset: number, { entries, maxBytes }: RingSettings): void {
  const words = headerOf(memory, offset);
  words[ENTRIES] = entries;
  words[DATA_BYTES] = align(maxBytes);
  words[WAKE_AT_RECORD] = Number.POSITIVE_INFINITY;
  words[WAKE_AT_POSITION] = Number.POSITIVE_INFINITY;
}

/** Views of a ring's memory. */
export interface RingViews {
  /** HEAD, TAIL and the others. */
  readonly words: Float64Array;
  readonly slotDoubles: Float64Array;
  readonly slotInts: Int32Array;
  readonly data: Uint8Array;
  readonly dataInts: Int32Array;
  readonly entries: number;
  readonly dataBytes: number;
  /** Where data begins in the memory. */
  readonly dataOffset: number;
}

/** `offset`: where the ring begins, a multiple of a cache line. */
export function viewRing(memory: SharedArrayBuffer, offset = 0): RingViews {
  const words = headerOf(memory, offset);
  const entries = words[ENTRIES];
  const dataBytes = words[DATA_BYTES];
  const slotOffset = offset + HEADER_BYTES;
  const dataOffset = slotOffset + entries * SLOT_BYTES;
  return {
    words,
    slotDoubles: new Float64Array(memory, slotOffset, entries * (SLOT_BYTES / 8)),
    slotInts: new Int32Array(memory, slotOffset, entries * (SLOT_BYTES / 4)),
    data: new Uint8Array(memory, dataOffset, dataBytes),
    dataInts: new Int32Array(memory, dataOffset, dataBytes / 4),
    entries,
    dataBytes,
    dataOffset,
  };
}

/** Legal for what is shorter than 2^31 - 8. */
export function align(bytes: number): number {
  return (bytes + DATA_ALIGNMENT - 1) & -DATA_ALIGNMENT;
}

/** Orders everything before it, loads and stores, before everything behind it. `word` is the caller's own. */
export function fullFence(words: Int32Array, word: number): void {
  Atomics.store(words, word, 0);
  Atomics.load(words, word);
}

function noFence(): void {}

/**
 * The fence of the picture above. On x86-64 none is needed, and one is dear: it waits for the lines of the
 * record, which the reader's processor has, where the stores alone do not.
 */
export const fence: (words: Int32Array, word: number) => void = arch === 'x64' ? noFence : fullFence;
