import { RECV } from '../../../protocols/direction.js';
import { FIRST, LAST, type RecordView } from '../../capture/ring/record.js';
import type { StreamEvent, StreamPiece } from '../events.js';
import { optional } from './optional.js';

/** The most bytes that an event has of a record; more than a relay receives at once by default. */
const MAX_BYTES = 2 ** 20;

/** The bytes that take the room of an event: 4096 events are remembered, so that these take 16 MiB at most. */
const BYTES_A_WEIGHT = 4096;

/** What a record tells of a stream, with a copy of its bytes if these may be shown. */
export interface StreamPart
  extends Pick<StreamEvent, 'direction' | 'begins' | 'isBehindGap' | 'ends' | 'timeMs'> {
  readonly pieces: readonly { readonly kept: number; readonly skipped: number; readonly data?: Buffer }[];
  /** Known when it has been decoded. */
  protocol: string | undefined;
}

/** That of a record that has not been read yet. `isShown`: its bytes may be. */
export function streamPart(
  record: RecordView,
  isShown: boolean,
  known: Pick<StreamPart, 'isBehindGap' | 'protocol'>,
): StreamPart {
  const pieces: StreamPart['pieces'][number][] = [];
  let from = record.bytesFrom;
  const end = from + MAX_BYTES;
  for (let piece = 0; piece < record.pieces; piece++) {
    const to = from + record.kept(piece);
    const shownTo = Math.max(from, Math.min(to, end));
    const skipped = record.skipped(piece) + to - shownTo;
    const data = isShown ? { data: Buffer.from(record.bytes.subarray(from, shownTo)) } : {};
    pieces.push({ kept: shownTo - from, skipped, ...data });
    from = to;
  }
  return {
    timeMs: record.timeMs,
    direction: record.direction === RECV ? 'recv' : 'send',
    pieces,
    begins: (record.flags & FIRST) !== 0,
    ends: (record.flags & LAST) !== 0,
    ...known,
  };
}

/** The room that it takes among events. */
export function weightOf({ pieces }: StreamPart): number {
  const bytes = pieces.reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
  return 1 + Math.floor(bytes / BYTES_A_WEIGHT);
}

/** As those who watch see it. */
export function streamEvent(
  origin: Pick<StreamEvent, 'socket' | 'container' | 'connection'>,
  path: string,
  { pieces, protocol, ...part }: StreamPart,
  timeMs: number,
): StreamEvent {
  return {
    type: 'stream',
    ...origin,
    ...part,
    timeMs,
    path,
    pieces: pieces.map(({ kept, skipped, data }): StreamPiece => {
      return { kept, skipped, ...optional('data', data?.toString('base64')) };
    }),
    ...optional('protocol', protocol),
  };
}
