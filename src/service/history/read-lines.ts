import type { Curves, History, HistoryQuery } from '../../api/history/schema.js';
import type { TalliedFlow } from '../usage/tally-pass.js';
import { CALLS, COLUMNS, ERRORS, RECV_BYTES, SEND_BYTES, type Track } from './track.js';

/** A track, and what it is of. */
export interface Remembered {
  readonly subject: TalliedFlow['subject'];
  readonly track: Track;
}

export interface Source {
  /** In the order of time. */
  readonly slots: readonly number[];
  /** Of each slot. */
  readonly endsMs: Float64Array;
  readonly seconds: Float64Array;
  readonly tracks: readonly Remembered[];
  readonly others: Track;
}

/** Tracks that are drawn as one. */
interface Group {
  readonly subject: Remembered['subject'];
  readonly tracks: Track[];
  bytes: number;
}

/** The lines that a query wants, in no more points than it wants. */
export function readLines(
  source: Source,
  { by, limit, points, filter }: HistoryQuery,
): Omit<History, 'unchosen'> {
  const bins = binsOf(source.slots, points);
  const chosen = source.tracks.filter(({ subject }) => filter?.(subject) ?? true);
  const groups = groupsOf(chosen, by).sort((a, b) => b.bytes - a.bytes);
  const rest = groups.slice(limit).flatMap(({ tracks }) => tracks);
  const others = filter === undefined ? [...rest, source.others] : rest;
  return {
    endsMs: bins.map((slots) => source.endsMs[slots.at(-1)!]),
    seconds: bins.map((slots) => slots.reduce((sum, slot) => sum + source.seconds[slot], 0)),
    lines: groups.slice(0, limit).map(({ subject, tracks }) => ({
      ...nameOf(subject, by),
      ...curvesOf(tracks, bins),
    })),
    ...(others.some((track) => !track.isEmpty) ? { others: curvesOf(others, bins) } : {}),
  };
}

function groupsOf(remembered: readonly Remembered[], by: HistoryQuery['by']): Group[] {
  const groups = new Map<string, Group>();
  for (const { subject, track } of remembered) {
    const { key } = subject.groups[by];
    const group = groups.get(key) ?? { subject, tracks: [], bytes: 0 };
    groups.set(key, group);
    group.tracks.push(track);
    group.bytes += track.bytes;
  }
  return [...groups.values()];
}

function nameOf({ container, socket, path }: Remembered['subject'], by: HistoryQuery['by']) {
  if (by === 'container') return { container };
  return { ...(socket === undefined ? {} : { socket }), ...(path === undefined ? {} : { path }) };
}

/** As many slots in each as it takes, those of the last one being the latest. */
function binsOf(slots: readonly number[], points: number): number[][] {
  const width = Math.ceil(slots.length / points);
  const bins: number[][] = [];
  for (let end = slots.length; end > 0; end -= width) bins.push(slots.slice(Math.max(0, end - width), end));
  return bins.reverse();
}

function curvesOf(tracks: readonly Track[], bins: readonly (readonly number[])[]): Curves {
  const sums = Array.from({ length: COLUMNS }, () => bins.map(() => 0));
  for (const track of tracks) {
    bins.forEach((slots, bin) => {
      for (const slot of slots) {
        for (let column = 0; column < COLUMNS; column++) sums[column][bin] += track.at(slot, column);
      }
    });
  }
  return {
    sendBytes: sums[SEND_BYTES],
    recvBytes: sums[RECV_BYTES],
    calls: sums[CALLS],
    errors: sums[ERRORS],
  };
}
