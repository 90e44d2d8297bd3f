import assert from 'node:assert/strict';
import type { Direction } from '../../../../src/protocols/direction.js';
import type { Tapped } from './tapped.js';

/** What the records of a direction tell of its stream. */
export interface Transcript {
  /** By byte of the stream: 1 for each that was kept. */
  kept: Uint8Array;
  /** Where the marks stand that something ends. */
  ends: number[];
}

/** Puts the stream together again: fails unless what was kept and skipped adds up to `stream` exactly. */
export function transcribe(tapped: Tapped, direction: Direction, stream: Buffer): Transcript {
  const kept = new Uint8Array(stream.length);
  const ends: number[] = [];
  let at = 0;
  for (const record of tapped.records.filter((record) => record.direction === direction)) {
    for (const piece of record.pieces) {
      const to = at + piece.kept.length;
      assert.ok(stream.subarray(at, to).equals(piece.kept), `other bytes at ${at}`);
      kept.fill(1, at, to);
      at = to + piece.skipped;
      if (piece.endsUnit) ends.push(at);
    }
  }
  assert.equal(at + tapped.unreported(direction), stream.length);
  return { kept, ends };
}

/** Runs of bytes that were kept, as `from-to`: shorter to look at than one flag a byte. */
export function runsOf(kept: Uint8Array): string[] {
  const runs: string[] = [];
  for (let from = kept.indexOf(1); from >= 0; ) {
    const end = kept.indexOf(0, from);
    const to = end < 0 ? kept.length : end;
    runs.push(`${from}-${to}`);
    from = kept.indexOf(1, to);
  }
  return runs;
}
