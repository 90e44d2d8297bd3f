import assert from 'node:assert/strict';
import { NativeMemory } from '../../../../src/linux/memory.js';
import { FramingBudget } from '../../../../src/processors/capture/framing-budget.js';
import type { RecordFields } from '../../../../src/processors/capture/ring/record.js';
import type { RingReader } from '../../../../src/processors/capture/ring/ring-reader.js';
import { SizeLimit } from '../../../../src/processors/capture/strategies/size-limit.js';
import { type CompleteStrategy, SKIP } from '../../../../src/processors/capture/strategies/strategy.js';
import { Tap, type TapSettings } from '../../../../src/processors/capture/tap.js';
import { TapState } from '../../../../src/processors/capture/tap-state.js';
import { type Direction, RECV, SEND } from '../../../../src/protocols/direction.js';
import { JsonRpcFramer } from '../../../../src/protocols/jsonrpc/framing/framer.js';
import { Ring } from '../ring/fixture.js';

/** Largest operation of these tests. */
export const OPERATION_BYTES = 256 * 1024;

/** Memory that operations are read into. One for all: native memory is never given back. */
const memory = new NativeMemory(OPERATION_BYTES + 1);
const view = Buffer.from(memory.buffer);

const CONNECTIONS = 4;

/** What records carry. */
export const GENERATION = 7;
export const FLOW = 77;

export interface CapturedPiece {
  kept: Buffer;
  skipped: number;
  endsUnit: boolean;
}

/** A copy of a record. */
export interface CapturedRecord extends RecordFields {
  pieces: CapturedPiece[];
}

export type Options = Partial<TapSettings> & {
  ringBytes?: number;
  budget?: Pick<FramingBudget, 'allows' | 'pay'>;
};

/** A budget that is never used up: its clock runs too fast for that. */
function unlimited(): FramingBudget {
  let nowMs = 0;
  return new FramingBudget(() => {
    nowMs += 1000;
    return nowMs;
  });
}

/** Keeps the first `bytes` of everything, told in the way that has a short cut. */
export function limitOf(bytes: number): Pick<TapSettings, 'strategy' | 'plainLimit'> {
  return { strategy: new SizeLimit(bytes), plainLimit: bytes };
}

/** Keeps up to `bytes` of every second message, and nothing of the others. */
export class EverySecond implements CompleteStrategy {
  #asked = 0;

  constructor(readonly bytes: number) {}

  keep(): number {
    return this.#asked++ % 2 === 0 ? this.bytes : SKIP;
  }

  takesConnection(): boolean {
    return true;
  }

  weight(): number {
    return 2;
  }
}

/** One connection with a tap on it, and all records that come of it. */
export class Tapped {
  readonly records: CapturedRecord[] = [];
  readonly state: TapState;
  readonly tap: Tap;
  /** What was dropped, by reason. */
  readonly dropped = [0, 0];
  readonly #reader: RingReader;

  constructor(
    { ringBytes = 2 ** 20, budget = unlimited(), ...settings }: Options = {},
    readonly connection = 1,
  ) {
    this.state = new TapState(CONNECTIONS, (_, reason) => void this.dropped[reason]++, budget);
    const ring = new Ring({ entries: 8192, maxBytes: ringBytes });
    this.#reader = ring.reader();
    this.tap = new Tap(ring.writer, this.state, {
      ...limitOf(512),
      plainLimit: SKIP,
      createFramer: () => new JsonRpcFramer(this.state.meter),
      directions: [SEND, RECV],
      tailBytes: 0,
      ...settings,
    });
    this.state.begin(connection);
    this.state.capture[connection] = GENERATION;
    this.state.flow[connection] = FLOW;
  }

  /** Shows an operation, and reads what is recorded of it. */
  show(direction: Direction, bytes: string | Uint8Array): CapturedRecord[] {
    const operation = Buffer.from(bytes);
    view.fill(0x7b, 0, operation.length + 1);
    operation.copy(view);
    const end = this.connection * 2 + direction;
    this.tap.observe(end, 9, memory, operation.length);
    assert.ok(view.subarray(0, operation.length).equals(operation), 'the operation was overwritten');
    return this.#read();
  }

  send(bytes: string | Uint8Array): CapturedRecord[] {
    return this.show(SEND, bytes);
  }

  end(): CapturedRecord[] {
    this.tap.end(this.connection, 9);
    return this.#read();
  }

  /** Bytes skipped behind the last record, and held. */
  unreported(direction: Direction): number {
    const end = this.connection * 2 + direction;
    return this.state.unreported[end] + this.state.held.count(end);
  }

  #read(): CapturedRecord[] {
    const from = this.records.length;
    while (this.#reader.next()) this.records.push(copyOf(this.#reader));
    assert.equal(this.#reader.lost, 0);
    return this.records.slice(from);
  }
}

function copyOf(reader: RingReader): CapturedRecord {
  let from = reader.bytesFrom;
  const pieces = Array.from({ length: reader.pieces }, (_, piece) => {
    const kept = Buffer.from(reader.bytes.subarray(from, from + reader.kept(piece)));
    from += kept.length;
    return { kept, skipped: reader.skipped(piece), endsUnit: reader.endsUnit(piece) };
  });
  assert.equal(from, reader.bytesFrom + reader.captured);
  const { sequence, timeMs, direction, size, captured, weight } = reader;
  const { connection, generation, ordinal, capture, flow, client, flags } = reader;
  const seen = { sequence, timeMs, direction, size, captured, weight };
  return { ...seen, connection, generation, ordinal, capture, flow, client, flags, pieces };
}
