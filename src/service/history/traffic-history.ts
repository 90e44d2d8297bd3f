import type { History, HistoryQuery } from '../../api/history/schema.js';
import type { Slices } from '../../async/slices.js';
import type { TalliedFlow } from '../usage/tally-pass.js';
import { type Remembered, readLines } from './read-lines.js';
import { COLUMNS, RECV_BYTES, SEND_BYTES, Track } from './track.js';

/*
 * What has happened in the last hour, in a bounded number of bytes:
 *
 *   interval          0    1    2   …  719            a ring: the latest overwrites the oldest
 *   track of a flow  [4]  [4]  [4]     [4]            TRACKS of them at most, CLIENT_TRACKS of one container
 *   others           [4]  [4]  [4]     [4]            the sum of all other flows
 *
 * The tracks and the others add up to all that has happened. A flow that is busier in one interval than the quietest track
 * was in all takes its place, and what that one has is added to the others.
 */

export interface HistoryLimits {
  /** Intervals that are remembered. */
  readonly slots: number;
  /** Flows with a track of their own. */
  readonly tracks: number;
  /** How many of them one container may have. */
  readonly clientTracks: number;
}

/** An hour of five seconds each; 3 MB. */
export const HISTORY_LIMITS: HistoryLimits = { slots: 720, tracks: 128, clientTracks: 8 };

/** How many tracks change their flow in an interval, each of which takes a few µs. */
const MAX_CHANGES = 16;

/** A container on a socket. */
interface Flow {
  /** What it had counted at the end of the last interval. */
  readonly last: Float64Array;
  readonly subject: TalliedFlow['subject'];
  /** The last time that it was counted. */
  round: number;
  /** The last time that it was among the others. */
  othersRound: number;
  track: FlowTrack | undefined;
}

interface FlowTrack extends Remembered {
  readonly key: string;
  readonly clientKey: string;
}

export class TrafficHistory {
  readonly #limits: HistoryLimits;
  readonly #flows = new Map<string, Flow>();
  readonly #tracks = new Map<string, FlowTrack>();
  readonly #others: Track;
  readonly #endsMs: Float64Array;
  readonly #seconds: Float64Array;
  readonly #delta = new Float64Array(COLUMNS);
  /** How often `add` was called, and how many intervals have ended. */
  #round = 0;
  #intervals = 0;
  /** The end of the last interval. undefined: nothing was counted yet. */
  #lastMs: number | undefined;
  #changes = 0;

  constructor(limits: HistoryLimits = HISTORY_LIMITS) {
    this.#limits = limits;
    this.#others = new Track(limits.slots);
    this.#endsMs = new Float64Array(limits.slots);
    this.#seconds = new Float64Array(limits.slots);
  }

  /**
   * Ends an interval: with what flows have counted by now. The first call begins the first interval.
   *
   * @param nowMs by a clock that never goes back.
   * @param aheadMs how far the wall clock is ahead of that one.
   */
  async add(nowMs: number, flows: readonly TalliedFlow[], slices: Slices, aheadMs = 0): Promise<void> {
    const slot = this.#intervals % this.#limits.slots;
    const lastMs = this.#lastMs;
    this.#round++;
    this.#changes = 0;
    for (const { track } of [...this.#tracks.values(), { track: this.#others }]) track.clear(slot);
    for (const flow of flows) {
      this.#count(flow, slot, aheadMs);
      const pause = slices.pause();
      if (pause !== undefined) await pause;
    }
    this.#forget();
    this.#lastMs = nowMs;
    if (lastMs === undefined) return;
    this.#endsMs[slot] = nowMs;
    this.#seconds[slot] = (nowMs - lastMs) / 1000;
    this.#intervals++;
  }

  /** `aheadMs`: how far the wall clock is ahead of that of `add`. */
  read(query: HistoryQuery, aheadMs = 0): History {
    const { slots } = this.#limits;
    const count = Math.min(this.#intervals, slots - 1);
    const order = Array.from({ length: count }, (_, i) => (this.#intervals - count + i) % slots);
    const [seconds, others] = [this.#seconds, this.#others];
    const endsMs = this.#endsMs.map((endMs) => Math.round(endMs + aheadMs));
    const lines = readLines(
      { slots: order, endsMs, seconds, tracks: [...this.#tracks.values()], others },
      query,
    );
    return { ...lines, unchosen: this.#unchosen(query) };
  }

  #count(tallied: TalliedFlow, slot: number, aheadMs: number): void {
    const flow = this.#flows.get(tallied.key) ?? this.#begin(tallied, aheadMs);
    flow.round = this.#round;
    if (!this.#advance(flow, tallied.tally.counts)) return;
    flow.track ??= this.#trackFor(tallied, this.#delta[SEND_BYTES] + this.#delta[RECV_BYTES]);
    if (flow.track === undefined) flow.othersRound = this.#round;
    (flow.track?.track ?? this.#others).add(slot, this.#delta);
  }

  #begin({ key, subject, tally: { counts, sinceMs } }: TalliedFlow, aheadMs: number): Flow {
    const flow: Flow = {
      last: new Float64Array(COLUMNS),
      subject,
      round: 0,
      othersRound: Number.NEGATIVE_INFINITY,
      track: this.#tracks.get(key),
    };
    this.#flows.set(key, flow);
    // It may have counted long before this agent came to know of it.
    if (this.#lastMs === undefined || sinceMs - aheadMs < this.#lastMs) flow.last.set(counts);
    return flow;
  }

  /** Puts what was counted since the last time into `#delta`. False: nothing was. */
  #advance({ last }: Flow, counts: Float64Array): boolean {
    let hasChanged = false;
    for (let column = 0; column < COLUMNS; column++) {
      // What has less than before has ended, or a part of it.
      this.#delta[column] = Math.max(0, counts[column] - last[column]);
      hasChanged ||= this.#delta[column] > 0;
    }
    last.set(counts);
    return hasChanged;
  }

  /** A track for a flow with so many bytes; undefined where there is none for it. */
  #trackFor({ key, subject }: TalliedFlow, bytes: number): FlowTrack | undefined {
    const clientKey = subject.groups.container.key;
    const { tracks, clientTracks, slots } = this.#limits;
    const own = [...this.#tracks.values()].filter((each) => each.clientKey === clientKey);
    if (own.length >= clientTracks) {
      if (!this.#giveUp(own, bytes)) return undefined;
    } else if (this.#tracks.size >= tracks && !this.#giveUp([...this.#tracks.values()], bytes)) {
      return undefined;
    }
    const added = { key, clientKey, subject, track: new Track(slots) };
    this.#tracks.set(key, added);
    return added;
  }

  /** Gives up the track with the fewest bytes, if those are less than `bytes`. */
  #giveUp(among: readonly FlowTrack[], bytes: number): boolean {
    const quietest = among.reduce((a, b) => (b.track.bytes < a.track.bytes ? b : a));
    if (quietest.track.bytes >= bytes || this.#changes >= MAX_CHANGES) return false;
    this.#changes++;
    this.#others.addAll(quietest.track);
    this.#tracks.delete(quietest.key);
    const flow = this.#flows.get(quietest.key);
    if (flow === undefined) return true;
    flow.track = undefined;
    flow.othersRound = this.#round;
    return true;
  }

  /** Forgets flows that have ended, and tracks of theirs in which nothing is left. */
  #forget(): void {
    for (const [key, { round }] of this.#flows) if (round !== this.#round) this.#flows.delete(key);
    for (const [key, { track }] of this.#tracks) {
      if (!this.#flows.has(key) && track.isEmpty) this.#tracks.delete(key);
    }
  }

  /** How many flows that are chosen have a part of theirs among the others. */
  #unchosen({ filter }: HistoryQuery): number {
    const oldest = this.#round - this.#limits.slots;
    let count = 0;
    for (const { othersRound, subject } of this.#flows.values()) {
      if (othersRound > oldest && (filter?.(subject) ?? true)) count++;
    }
    return count;
  }
}
