import { NativeMemory } from '../../../../src/linux/memory.js';
import { FIRST, LAST } from '../../../../src/processors/capture/ring/record.js';
import type { RingReader } from '../../../../src/processors/capture/ring/ring-reader.js';
import { SizeLimit } from '../../../../src/processors/capture/strategies/size-limit.js';
import { type CompleteStrategy, SKIP } from '../../../../src/processors/capture/strategies/strategy.js';
import { Tap, type TapSettings } from '../../../../src/processors/capture/tap.js';
import { TapState } from '../../../../src/processors/capture/tap-state.js';
import { RECV, SEND } from '../../../../src/protocols/direction.js';
import { JsonRpcFramer } from '../../../../src/protocols/jsonrpc/framing/framer.js';
import { ROW_WIDTH } from '../../../../src/receivers/uds/counters.js';
import { ConnectionTable } from '../../../../src/receivers/uds/relay/connection-table.js';
import { allocateFlowNumbers, FlowNumbers } from '../../../../src/receivers/uds/relay/flow-numbers.js';
import { Flows } from '../../../../src/receivers/uds/relay/flows.js';
import { Listener } from '../../../../src/receivers/uds/relay/listener.js';
import type { RelayReport } from '../../../../src/receivers/uds/relay/messages.js';
import { Remotes } from '../../../../src/receivers/uds/relay/remotes.js';
import { Taps } from '../../../../src/receivers/uds/relay/taps.js';
import { bytesOf, Ring } from '../../../processors/capture/ring/fixture.js';

const MEMORY_BYTES = 4096;
const memory = new NativeMemory(MEMORY_BYTES);
const view = Buffer.from(memory.buffer);

const SLOTS = 8;

/** What records are captured under. */
const GENERATION = 1;

/** What a relay thread has of capturing, without the relay. */
export class TappedThread {
  readonly table = new ConnectionTable(SLOTS);
  readonly state = new TapState(SLOTS);
  readonly failures: [number, string][] = [];
  readonly failed = (listener: number, error: string) => this.failures.push([listener, error]);
  /** What the main thread would hear of flows. */
  readonly reports: RelayReport[] = [];
  readonly flows = new Flows(
    this.table,
    new Float64Array(ROW_WIDTH * SLOTS),
    new Remotes(),
    new FlowNumbers(allocateFlowNumbers()),
    (report) => this.reports.push(report),
  );
  readonly taps = new Taps(this.table, this.state, this.flows, this.failed);
  readonly #listeners = new Map<number, Listener>();
  readonly ring = new Ring({ entries: 64, maxBytes: 64 * 1024 });
  readonly #reader = this.ring.reader();

  /** A connection begins; its slot. */
  open(listener: number): number {
    const slot = this.table.allocate(0, 0, listener);
    this.connected(slot, listener);
    return slot;
  }

  /** A connection's upstream end is connected. */
  connected(slot: number, listener: number): void {
    this.flows.enter(slot, this.#listener(listener), undefined, undefined);
    this.taps.begin(slot, listener);
  }

  close(slot: number): void {
    this.taps.end(slot);
    this.flows.leave(slot);
    this.table.release(slot);
  }

  /** Captures a listener's connections from now on, or no longer. */
  set(listener: number, tap: Tap | undefined): void {
    this.taps.set(listener, tap === undefined ? undefined : { tap, generation: GENERATION });
  }

  /** An operation, as the forwarder reports it: nothing happens where there is no tap. */
  send(slot: number, text: string): void {
    this.#pass(slot * 2, text);
  }

  recv(slot: number, text: string): void {
    this.#pass(slot * 2 + 1, text);
  }

  tap(settings: Partial<TapSettings> = {}, writer = this.ring.writer): Tap {
    return new Tap(writer, this.state, {
      strategy: new SizeLimit(100),
      plainLimit: SKIP,
      createFramer: () => new JsonRpcFramer(),
      directions: [SEND, RECV],
      tailBytes: 0,
      ...settings,
    });
  }

  /** The records since the last look. */
  records(reader = this.#reader): string[] {
    const found: string[] = [];
    while (reader.next()) found.push(describeRecord(reader));
    return found;
  }

  #listener(id: number): Listener {
    let listener = this.#listeners.get(id);
    if (listener === undefined) {
      const settings = { upstream: '/none', connectTimeoutMs: 0, idleTimeoutMs: 0, isShared: false };
      listener = new Listener(id, -1, settings);
      this.#listeners.set(id, listener);
    }
    return listener;
  }

  #pass(end: number, text: string): void {
    const bytes = view.write(text);
    const tap = this.taps.ofEnd[end];
    if (tap !== undefined) this.taps.observe(tap, end, memory, bytes);
  }
}

/** A strategy that keeps everything, but for what is replaced. */
export function strategyWith(replaced: Partial<CompleteStrategy>): CompleteStrategy {
  return { keep: () => Infinity, takesConnection: () => true, weight: () => 1, ...replaced };
}

function describeRecord(reader: RingReader): string {
  const { connection, ordinal, flags } = reader;
  const marks = `${flags & FIRST ? ' first' : ''}${flags & LAST ? ' last' : ''}`;
  return `${connection}#${ordinal}${marks} ${bytesOf(reader)}`.trimEnd();
}
