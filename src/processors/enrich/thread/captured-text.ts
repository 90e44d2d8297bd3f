import type { RecordView } from '../../capture/ring/record.js';

/** Longest text of one operation, in bytes. */
const MAX_BYTES = 2048;

/** What was captured of the operation at hand, pieces in order, with `…` where bytes are missing. */
export function capturedText(record: RecordView): string {
  const parts: string[] = [];
  let from = record.bytesFrom;
  const end = from + MAX_BYTES;
  for (let piece = 0; piece < record.pieces && from < end; piece++) {
    const to = from + record.kept(piece);
    parts.push(record.bytes.toString('utf8', from, Math.min(to, end)));
    if (to > end || record.skipped(piece) > 0) parts.push('…');
    from = to;
  }
  return parts.join('');
}
