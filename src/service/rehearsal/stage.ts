import { NativeMemory } from '../../linux/memory.js';
import { createTap } from '../../processors/capture/create-tap.js';
import { createRingWriter } from '../../processors/capture/ring/checked-ring-writer.js';
import { createRing } from '../../processors/capture/ring/layout.js';
import { PIECE_BYTES } from '../../processors/capture/ring/record.js';
import { RingReader } from '../../processors/capture/ring/ring-reader.js';
import { createStrategy } from '../../processors/capture/strategies/create-strategy.js';
import { loadStrategy } from '../../processors/capture/strategies/load-module.js';
import { type CaptureSettings, moduleIn } from '../../processors/capture/strategies/settings.js';
import { TapState } from '../../processors/capture/tap-state.js';
import { type Direction, SEND } from '../../protocols/direction.js';
import { FRAMINGS } from '../../protocols/framings.js';

/** What happens on a connection: bytes of one end, which the relay receives at once, or time that passes, in ms. */
export type Step =
  | { readonly kind: 'bytes'; readonly direction: Direction; readonly bytes: Buffer }
  | { readonly kind: 'pause'; readonly ms: number };

/** Bytes of a stream that are kept in a row; what lies between two of them was left out. */
export interface Kept {
  readonly send: readonly Buffer[];
  readonly recv: readonly Buffer[];
}

/** What was captured of a connection. */
export interface Captured {
  readonly memory: SharedArrayBuffer;
  readonly kept: Kept;
}

/** The numbers that records of the only connection carry. */
export const GENERATION = 1;
export const FLOW = 1;
const CONNECTION = 0;

/** Records that an operation may take, however short it is, and what they take beside what is kept, in bytes. */
const RECORDS_BESIDE = 4;
const RECORD_BYTES = 16 * 1024;

/** Of many small messages a record takes 1024 pieces, or a few less: each piece has a byte at least. */
const BYTES_A_RECORD = 1000;

/** Every step is captured, however long it takes: what a busy relay thread would leave out is no matter of the configuration. */
const UNLIMITED = { allows: () => true, pay: () => {} };

/** Of what is sampled, all is taken, so that each run has the same outcome. */
const TAKE_ALL = () => 0;

/**
 * Plays a connection to a tap as the relay does, under these settings.
 *
 * @param operationBytes how much the relay receives at once
 * @throws StrategyError when a strategy's module cannot be used, or is at fault
 */
export async function capture(
  steps: readonly Step[],
  settings: CaptureSettings,
  { operationBytes, startMs }: { operationBytes: number; startMs: number },
): Promise<Captured> {
  const module = moduleIn(settings.strategy);
  const loaded = module === undefined ? undefined : await loadStrategy(module);
  const strategy = createStrategy(settings.strategy, loaded, TAKE_ALL);
  const operations = operationsOf(steps, operationBytes);
  const memory = createRing(roomFor(operations));
  let nowMs = startMs;
  const writer = createRingWriter(memory, new SharedArrayBuffer(4), () => nowMs);
  const state = new TapState(1, () => {}, UNLIMITED);
  state.begin(CONNECTION);
  state.capture[CONNECTION] = GENERATION;
  state.flow[CONNECTION] = FLOW;
  const tap = createTap(writer, state, settings, strategy, FRAMINGS);
  if (!tap.takesConnection(CONNECTION)) return { memory, kept: { send: [], recv: [] } };
  // Framers overwrite the byte behind what they are shown.
  const native = new NativeMemory(operationBytes + 1);
  for (const step of operations) {
    if (step.kind === 'pause') nowMs += step.ms;
    else if (tap.captures(step.direction)) {
      native.bytes.set(step.bytes);
      tap.observe(CONNECTION * 2 + step.direction, 0, native, step.bytes.length);
    }
  }
  tap.end(CONNECTION, 0);
  return { memory, kept: keptIn(memory) };
}

function operationsOf(steps: readonly Step[], operationBytes: number): Step[] {
  return steps.flatMap((step): Step[] => {
    if (step.kind === 'pause') return [step];
    const parts = Math.ceil(step.bytes.length / operationBytes);
    return Array.from({ length: parts }, (_, i) => ({
      ...step,
      bytes: step.bytes.subarray(i * operationBytes, (i + 1) * operationBytes),
    }));
  });
}

/** Nothing is lost for want of room: how much of it there is in an agent depends on others. */
function roomFor(operations: readonly Step[]): { entries: number; maxBytes: number } {
  const bytes = operations.reduce((sum, step) => sum + (step.kind === 'bytes' ? step.bytes.length : 0), 0);
  const short = (operations.length + 1) * RECORDS_BESIDE;
  const crowded = Math.ceil(bytes / BYTES_A_RECORD);
  return {
    entries: short + crowded,
    maxBytes: (2 + PIECE_BYTES) * bytes + short * RECORD_BYTES + crowded * RECORDS_BESIDE * PIECE_BYTES,
  };
}

function keptIn(memory: SharedArrayBuffer): Kept {
  const runs: { send: Buffer[]; recv: Buffer[] } = { send: [], recv: [] };
  /** Whether something was left out since the last that was kept. */
  const isCut = { send: true, recv: true };
  const reader = new RingReader(memory);
  for (let sequence = 0; reader.next(); sequence++) {
    if (reader.sequence !== sequence) throw new Error('there was no room for what was captured');
    const direction = reader.direction === SEND ? 'send' : 'recv';
    const of = runs[direction];
    let from = reader.bytesFrom;
    for (let piece = 0; piece < reader.pieces; piece++) {
      const bytes = Buffer.from(reader.bytes.subarray(from, from + reader.kept(piece)));
      from += bytes.length;
      if (bytes.length > 0) {
        if (isCut[direction]) of.push(bytes);
        else of.push(Buffer.concat([of.pop() ?? Buffer.alloc(0), bytes]));
        isCut[direction] = false;
      }
      if (reader.skipped(piece) > 0) isCut[direction] = true;
    }
  }
  return runs;
}
