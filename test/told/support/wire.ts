import { monotonicMs } from '../../../src/linux/clock.js';
import { NativeMemory } from '../../../src/linux/memory.js';
import { createTap } from '../../../src/processors/capture/create-tap.js';
import { FramingBudget } from '../../../src/processors/capture/framing-budget.js';
import { CheckedRingWriter } from '../../../src/processors/capture/ring/checked-ring-writer.js';
import { CAPTURED_BYTES, createRing, headerOf } from '../../../src/processors/capture/ring/layout.js';
import type { Coverage } from '../../../src/processors/capture/strategies/coverage.js';
import type { CaptureSettings } from '../../../src/processors/capture/strategies/settings.js';
import { SizeLimit } from '../../../src/processors/capture/strategies/size-limit.js';
import type { Tap } from '../../../src/processors/capture/tap.js';
import { TapState } from '../../../src/processors/capture/tap-state.js';
import type { EventPage, LiveEvent } from '../../../src/processors/enrich/events.js';
import type { EnrichCommand, EnrichReport } from '../../../src/processors/enrich/messages.js';
import { EnrichLoop } from '../../../src/processors/enrich/thread/enrich-loop.js';
import { FRAMINGS } from '../../../src/protocols/framings.js';
import { PROTOCOLS } from '../../../src/protocols/index.js';
import type { CallData } from '../../../src/telemetry/call-data.js';
import { generationSettings } from '../../processors/enrich/support/messages.js';
import { threadData } from '../../processors/enrich/support/thread-data.js';
import { type CountedCall, type HealthCount, healthCounts, SeriesRows } from './counts.js';
import type { Step } from './steps.js';

const GENERATION = 1;
const FLOW = 1;
const CONNECTION = 1;
const RING = { entries: 2048, maxBytes: 2 ** 22 };
const EVENTS = 10_000;

/** What the loop reads of a ring at a time. */
const RECORDS_A_TURN = 256;
const BYTES_A_TURN = 2 ** 20;

/** A relay reads no more at once. */
const OPERATION_BYTES = 64 * 1024;

/** What a step takes, in ms. */
export const STEP_MS = 10;

/** One for all: native memory is never given back. */
const operation = new NativeMemory(OPERATION_BYTES + 1);

/** How much of each message is captured. */
export interface Capture {
  readonly maxBytes: number;
  readonly tailBytes: number;
  /** What the server says as well. */
  readonly isTwoWay: boolean;
}

/** What udscope shows of a conversation. */
export interface Shown {
  readonly calls: readonly CountedCall[];
  readonly health: readonly HealthCount[];
}

/** What it shows before the connection ends, and when it has. */
export interface Told {
  readonly live: Shown;
  readonly end: Shown;
  readonly events: readonly LiveEvent[];
  readonly spans: readonly CallData[];
}

/** Says the steps one by one, each when udscope has read the one before, and returns what it tells of them. */
export function tell(steps: readonly Step[], capture: Capture, protocols: readonly string[]): Told {
  return new Wire(capture, protocols, monotonicMs() - durationOf(steps)).run(steps);
}

/**
 * A connection as udscope sees it: what is said goes through the tap into a ring, and the enrich loop reads it there.
 * The clock is that of the script.
 */
class Wire {
  readonly #data = threadData();
  readonly #state = new TapState(CONNECTION + 1, () => {}, unlimited());
  readonly #writer: LossyWriter;
  readonly #tap: Tap;
  readonly #coverage: Coverage;
  readonly #memory = createRing(RING);
  readonly #words = headerOf(this.#memory);
  readonly #commands: EnrichCommand[] = [];
  readonly #counted = new SeriesRows((row) => this.#commands.push(row));
  readonly #pages: EventPage[] = [];
  readonly #spans: CallData[] = [];
  #nowMs: number;

  constructor(
    { maxBytes, tailBytes, isTwoWay }: Capture,
    readonly protocols: readonly string[],
    startMs: number,
  ) {
    this.#nowMs = startMs;
    this.#coverage = { send: 'all', recv: isTwoWay ? 'all' : 'none' };
    const settings: CaptureSettings = {
      strategy: { type: 'size_limit', maxBytes },
      protocols,
      per: 'message',
      directions: isTwoWay ? ['send', 'recv'] : ['send'],
      tailBytes,
      ring: { id: 'capture', ...RING },
    };
    this.#writer = new LossyWriter(this.#memory, this.#data.doorbell, () => this.#nowMs);
    this.#tap = createTap(this.#writer, this.#state, settings, new SizeLimit(maxBytes), FRAMINGS);
    this.#state.begin(CONNECTION);
    this.#state.capture[CONNECTION] = GENERATION;
    this.#state.flow[CONNECTION] = FLOW;
  }

  run(steps: readonly Step[]): Told {
    const { protocols } = this;
    const settings = generationSettings({ protocols, coverage: this.#coverage });
    this.#commands.push(
      { type: 'ring', ring: 0, memory: this.#memory, clientWords: new SharedArrayBuffer(4) },
      { type: 'generation', generation: GENERATION, settings },
      { type: 'watch', events: EVENTS },
    );
    const shown: Shown[] = [];
    const script = this.#play(steps, shown);
    // The loop asks for commands before it looks into the ring.
    const receive = () => this.#commands.shift() ?? script.next().value ?? undefined;
    new EnrichLoop(this.#data, { report: (report) => this.#hear(report), receive }, PROTOCOLS).run();
    const [live] = shown;
    return {
      live,
      end: this.#shown(),
      events: this.#pages.flatMap(({ events }) => events),
      spans: this.#spans,
    };
  }

  /** What happens, a step each time that everything before has been read; with what is asked of the loop. */
  *#play(steps: readonly Step[], shown: Shown[]): Generator<EnrichCommand | undefined, undefined> {
    for (const step of steps) {
      const { head } = this.#writer;
      const bytes = this.#words[CAPTURED_BYTES];
      this.#take(step);
      // The loop reads so much at a time; where there is nothing to read, it would sleep.
      const turns =
        (this.#writer.head - head) / RECORDS_A_TURN + (this.#words[CAPTURED_BYTES] - bytes) / BYTES_A_TURN;
      for (let i = 0; i < turns; i++) yield undefined;
    }
    shown.push(this.#shown());
    this.#writer.isLosing = false;
    this.#tap.end(CONNECTION, 0);
    // It reads what is there before it leaves.
    yield { type: 'exit' };
    yield undefined;
    yield { type: 'read_events', request: 0, cursor: 0, max: EVENTS };
    return undefined;
  }

  #take(step: Step): void {
    if (step.kind === 'pause') this.#nowMs += step.ms;
    if (step.kind === 'loss') this.#state.ordinal[CONNECTION]++;
    if (step.kind !== 'bytes') return;
    this.#writer.isLosing = step.isLost === true;
    if (this.#tap.captures(step.direction)) {
      for (const bytes of step.operations) this.#observe(bytes, CONNECTION * 2 + step.direction);
    }
    this.#nowMs += STEP_MS;
  }

  #observe(bytes: Buffer, end: number): void {
    for (let from = 0; from < bytes.length; from += OPERATION_BYTES) {
      const part = bytes.subarray(from, from + OPERATION_BYTES);
      operation.bytes.set(part);
      this.#tap.observe(end, 0, operation, part.length);
    }
  }

  #hear(report: EnrichReport): void {
    this.#counted.hear(report);
    if (report.type === 'events') this.#pages.push(report.page);
    if (report.type === 'calls') this.#spans.push(...report.batches.flatMap(({ calls }) => calls));
  }

  #shown(): Shown {
    return { calls: this.#counted.calls(), health: healthCounts(new Float64Array(this.#data.health)) };
  }
}

/** Writes into a ring from which records go missing before they are read. */
class LossyWriter extends CheckedRingWriter {
  isLosing = false;

  override writeWhole(...record: Parameters<CheckedRingWriter['writeWhole']>): boolean {
    return !this.isLosing && super.writeWhole(...record);
  }

  override publish(...record: Parameters<CheckedRingWriter['publish']>): void {
    if (!this.isLosing) super.publish(...record);
  }
}

/** A budget that is never used up: its clock runs too fast for that. */
function unlimited(): FramingBudget {
  let nowMs = 0;
  return new FramingBudget(() => {
    nowMs += 1000;
    return nowMs;
  });
}

function durationOf(steps: readonly Step[]): number {
  return steps.reduce((ms, step) => ms + (step.kind === 'pause' ? step.ms : STEP_MS), 0);
}
