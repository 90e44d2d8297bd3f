import { NativeMemory } from '../../src/linux/memory.js';
import { COPIED, HEAD, headersOf, READ } from '../../src/processors/capture/ring/layout.js';
import type { StrategySettings } from '../../src/processors/capture/strategies/settings.js';
import { SEND } from '../../src/protocols/direction.js';
import type { Taps } from '../../src/receivers/uds/relay/taps.js';
import { TappedConnections } from './tapped-connections.js';

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
  readonly #headers: readonly Float64Array[];

  /** `strategy` undefined: nothing is captured. Only what is sent is captured, by message. */
  constructor(strategy: StrategySettings | undefined, tailBytes = 0) {
    const captured = strategy && { strategy, directions: ['send' as const], tailBytes };
    const { taps, slots, memory: rings } = new TappedConnections(1, captured);
    this.#taps = taps;
    this.#slot = slots[0];
    this.#headers = headersOf(rings);
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
