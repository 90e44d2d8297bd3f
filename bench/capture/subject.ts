import { NativeMemory } from '../../src/linux/memory.js';
import { COPIED, createFairRing, HEAD, headersOf, READ } from '../../src/processors/capture/ring/layout.js';
import type { StrategySettings } from '../../src/processors/capture/strategies/settings.js';
import { TapState } from '../../src/processors/capture/tap-state.js';
import { SEND } from '../../src/protocols/direction.js';
import { ROW_WIDTH } from '../../src/receivers/uds/counters.js';
import { Capturing } from '../../src/receivers/uds/relay/capturing.js';
import { ConnectionTable } from '../../src/receivers/uds/relay/connection-table.js';
import { allocateFlowNumbers, FlowNumbers } from '../../src/receivers/uds/relay/flow-numbers.js';
import { Flows } from '../../src/receivers/uds/relay/flows.js';
import { Listener } from '../../src/receivers/uds/relay/listener.js';
import { Remotes } from '../../src/receivers/uds/relay/remotes.js';
import { Taps } from '../../src/receivers/uds/relay/taps.js';
import { unlimitedBudget } from './unlimited-budget.js';

const LISTENER = 1;
const RING = 1;
const CONNECTIONS = 1024;

/** As the sample configuration has it. */
export const RING_BYTES = 4 * 2 ** 20;
const RING_ENTRIES = 1024;

/** Largest operation. */
const MEMORY_BYTES = 2 ** 20;

/** Operations between two reads of a reader that keeps up. */
const READ_EVERY = 64;

/** The bytes shown to the tap, in a buffer like a relay thread's. */
const memory = new NativeMemory(MEMORY_BYTES + 1);
const view = memory.bytes;

/** One connection of a relay thread, from the point where its bytes have been sent. */
export class Subject {
  readonly #taps: Taps;
  readonly #slot: number;
  readonly #table = new ConnectionTable(CONNECTIONS);
  readonly #headers: readonly Float64Array[];

  /** `strategy` undefined: nothing is captured. Only what is sent is captured, by message. */
  constructor(strategy: StrategySettings | undefined, tailBytes = 0) {
    const state = new TapState(CONNECTIONS, () => {}, unlimitedBudget());
    const failed = (_: number, error: string) => {
      throw new Error(error);
    };
    const counters = new Float64Array(ROW_WIDTH * 2);
    const flows = new Flows(
      this.#table,
      counters,
      new Remotes(),
      new FlowNumbers(allocateFlowNumbers()),
      () => {},
    );
    this.#taps = new Taps(this.#table, state, flows, failed);
    const capturing = new Capturing(this.#taps, state);
    const ring = { id: 'capture', entries: RING_ENTRIES, maxBytes: RING_BYTES };
    const rings = createFairRing(ring);
    this.#headers = headersOf(rings);
    capturing.openRing(RING, rings, new SharedArrayBuffer(4));
    if (strategy !== undefined) {
      const settings = {
        strategy,
        protocols: ['jsonrpc'],
        per: 'message' as const,
        directions: ['send' as const],
        tailBytes,
        ring,
      };
      capturing.set(LISTENER, { settings, ring: RING, generation: 1 });
    }
    this.#slot = this.#table.allocate(0, 0, LISTENER);
    const listener = { upstream: '/none', connectTimeoutMs: 0, idleTimeoutMs: 0, isShared: false };
    flows.enter(this.#slot, new Listener(LISTENER, -1, listener), undefined, undefined);
    this.#taps.begin(this.#slot, LISTENER);
  }

  /** Shows the tap `times` operations, as the forwarder does. */
  pass(times: number, bytes: number, direction: number = SEND, from = memory): void {
    const end = this.#slot * 2 + direction;
    const taps = this.#taps;
    for (let i = 0; i < times; i++) {
      const tap = taps.ofEnd[end];
      if (tap !== undefined) taps.observe(tap, end, from, bytes);
      if (i % READ_EVERY === 0) this.#read();
    }
  }

  /** All that is there. */
  #read(): void {
    for (const words of this.#headers) {
      words[COPIED] = words[HEAD];
      words[READ] = words[HEAD];
    }
  }
}

/** Puts an operation into the buffer that all subjects share. */
export function show(operation: Buffer): void {
  operation.copy(view);
}

/** The address of that buffer. */
export const sourceAddress = memory.address;
