import type { Framer } from '../../protocols/framing/framer.js';
import { NO_GLANCE } from '../../protocols/framing/glance.js';
import { Meter } from '../../protocols/framing/meter.js';
import type { DropReason } from './drops.js';
import { FramingBudget } from './framing-budget.js';
import { HeldTails } from './held-tails.js';
import { Pieces } from './pieces.js';

/**
 * What the taps of a relay thread remember of each end of each connection: an array for each field, since
 * there are thousands of ends and most never have anything captured.
 */
export class TapState {
  /** What is gathered of the operation at hand; empty between two. There may be a tap for each of thousands of listeners. */
  readonly pieces = new Pieces();
  /** What framers of this thread take, and what they may. */
  readonly meter = new Meter();
  readonly budget: Pick<FramingBudget, 'allows' | 'pay'>;
  /** Counts what is not captured of a client, in an account of a connection. */
  readonly dropped: (account: number, reason: DropReason) => void;
  /** Where the stream that is read at an end stands; made for the first connection that needs it. */
  readonly framers: (Framer | undefined)[];
  /** A Glance that tells what can be recorded whole without anything else: nothing of the stream waits to be. */
  readonly glance: Uint8Array;
  /** How many leading bytes of the unit at hand are to be kept, SKIP for none; and how many have been. */
  readonly limit: Float64Array;
  readonly kept: Float64Array;
  /** 1: bytes of the unit at hand are missing. */
  readonly damaged: Uint8Array;
  /** Bytes skipped since the last record, which the next one tells; and 1 if these end a unit. */
  readonly unreported: Float64Array;
  readonly unreportedEnds: Uint8Array;
  /** Bytes behind those, of a cut message that goes on: skipped, unless it ends before there are enough others. */
  readonly held: HeldTails;
  /** By connection: the number of its next record. */
  readonly ordinal: Int32Array;
  /** By connection: what it is captured under, and its flow, for the readers. */
  readonly capture: Int32Array;
  readonly flow: Int32Array;
  /** By connection: the client that pays for its records and its framing. */
  readonly client: Int32Array;
  /** By connection: what it is counted in that is lost of it. */
  readonly account: Int32Array;
  /** By connection. 1: there is a record of it. */
  readonly isRecorded: Uint8Array;
  /** By connection. 1: what is seen of it does not begin where it does. */
  readonly isMidstream: Uint8Array;

  constructor(
    connections: number,
    dropped: (account: number, reason: DropReason) => void = () => {},
    budget: Pick<FramingBudget, 'allows' | 'pay'> = new FramingBudget(),
  ) {
    const ends = connections * 2;
    this.dropped = dropped;
    this.budget = budget;
    this.framers = new Array(ends).fill(undefined);
    this.glance = new Uint8Array(ends);
    this.limit = new Float64Array(ends);
    this.kept = new Float64Array(ends);
    this.damaged = new Uint8Array(ends);
    this.unreported = new Float64Array(ends);
    this.unreportedEnds = new Uint8Array(ends);
    this.held = new HeldTails(ends);
    this.ordinal = new Int32Array(connections);
    this.capture = new Int32Array(connections);
    this.flow = new Int32Array(connections);
    this.client = new Int32Array(connections);
    this.account = new Int32Array(connections);
    this.isRecorded = new Uint8Array(connections);
    this.isMidstream = new Uint8Array(connections);
  }

  /** A connection begins. */
  begin(connection: number): void {
    this.ordinal[connection] = 0;
    this.isRecorded[connection] = 0;
    this.isMidstream[connection] = 0;
    this.#restart(connection);
  }

  /** A connection has begun some time ago, unseen: its first record is not number 0. */
  beginLate(connection: number): void {
    this.begin(connection);
    this.interrupt(connection);
  }

  /** What is seen of a connection changes in the middle of it: its records have a gap from here on. */
  interrupt(connection: number): void {
    this.ordinal[connection]++;
    this.isMidstream[connection] = 1;
    this.#restart(connection);
  }

  /** Bytes of the stream that is read at an end will not be shown to its framer: it looks for the next unit. */
  lose(end: number): void {
    this.framers[end]?.lose();
    this.#forgetUnit(end);
  }

  #restart(connection: number): void {
    for (let end = connection * 2; end < connection * 2 + 2; end++) {
      this.framers[end] = undefined;
      this.#forgetUnit(end);
    }
  }

  #forgetUnit(end: number): void {
    this.glance[end] = NO_GLANCE;
    this.limit[end] = 0;
    this.kept[end] = 0;
    this.damaged[end] = 0;
    this.unreported[end] = 0;
    this.unreportedEnds[end] = 0;
    this.held.forget(end);
  }
}
