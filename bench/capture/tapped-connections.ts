import { createFairRing } from '../../src/processors/capture/ring/layout.js';
import type { StrategySettings } from '../../src/processors/capture/strategies/settings.js';
import { TapState } from '../../src/processors/capture/tap-state.js';
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
const SLOTS = 1024;

/** As the sample configuration has it. */
export const RING_BYTES = 4 * 2 ** 20;
const RING_ENTRIES = 1024;

export interface Captured {
  readonly strategy: StrategySettings;
  readonly directions: readonly ('send' | 'recv')[];
  readonly tailBytes: number;
}

/** Connections of a relay thread with its taps on them, and the ring that these write to. */
export class TappedConnections {
  readonly memory: SharedArrayBuffer;
  readonly doorbell = new SharedArrayBuffer(4);
  readonly taps: Taps;
  readonly capturing: Capturing;
  readonly slots: readonly number[];

  /** `captured` undefined: nothing is captured. By message. */
  constructor(connections: number, captured: Captured | undefined) {
    const table = new ConnectionTable(SLOTS);
    const state = new TapState(SLOTS, () => {}, unlimitedBudget());
    const failed = (_: number, error: string) => {
      throw new Error(error);
    };
    const counters = new Float64Array(ROW_WIDTH * 2);
    const flows = new Flows(table, counters, new Remotes(), new FlowNumbers(allocateFlowNumbers()), () => {});
    this.taps = new Taps(table, state, flows, failed);
    const capturing = new Capturing(this.taps, state);
    this.capturing = capturing;
    const ring = { id: 'capture', entries: RING_ENTRIES, maxBytes: RING_BYTES };
    this.memory = createFairRing(ring);
    capturing.openRing(RING, this.memory, this.doorbell);
    if (captured !== undefined) {
      const settings = { ...captured, protocols: ['jsonrpc'], per: 'message' as const, ring };
      capturing.set(LISTENER, { settings, ring: RING, generation: 1 });
    }
    const listener = { upstream: '/none', connectTimeoutMs: 0, idleTimeoutMs: 0, isShared: false };
    const of = new Listener(LISTENER, -1, listener);
    this.slots = Array.from({ length: connections }, () => {
      const slot = table.allocate(0, 0, LISTENER);
      flows.enter(slot, of, undefined, undefined);
      this.taps.begin(slot, LISTENER);
      return slot;
    });
  }
}
