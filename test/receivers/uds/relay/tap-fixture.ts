import { NativeMemory } from '../../../../src/linux/memory.js';
import { RECV, SEND } from '../../../../src/processors/capture/direction.js';
import { StreamFramer } from '../../../../src/processors/capture/framing/stream-framer.js';
import { FIRST, LAST } from '../../../../src/processors/capture/ring/record.js';
import type { RingReader } from '../../../../src/processors/capture/ring/ring-reader.js';
import { SizeLimit } from '../../../../src/processors/capture/strategies/size-limit.js';
import { type CompleteStrategy, SKIP } from '../../../../src/processors/capture/strategies/strategy.js';
import { Tap, type TapSettings } from '../../../../src/processors/capture/tap.js';
import { TapState } from '../../../../src/processors/capture/tap-state.js';
import { ConnectionTable } from '../../../../src/receivers/uds/relay/connection-table.js';
import { Taps } from '../../../../src/receivers/uds/relay/taps.js';
import { bytesOf, Ring } from '../../../processors/capture/ring/fixture.js';

const MEMORY_BYTES = 4096;
const memory = new NativeMemory(MEMORY_BYTES);
const view = Buffer.from(memory.buffer);

const SLOTS = 8;

/** What a relay thread has of capturing, without the relay. */
export class TappedThread {
  readonly table = new ConnectionTable(SLOTS);
  readonly state = new TapState(SLOTS);
  readonly failures: [number, string][] = [];
  readonly failed = (listener: number, error: string) => this.failures.push([listener, error]);
  readonly taps = new Taps(this.table, this.state, this.failed);
  readonly ring = new Ring({ entries: 64, maxBytes: 64 * 1024 });
  readonly #reader = this.ring.reader();

  /** A connection begins; its slot. */
  open(listener: number): number {
    const slot = this.table.allocate(0, 0, listener, 0);
    this.taps.begin(slot, listener);
    return slot;
  }

  close(slot: number): void {
    this.taps.end(slot);
    this.table.release(slot);
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
      createFramer: () => new StreamFramer(),
      directions: [SEND, RECV],
      tailBytes: 0,
      source: 1,
      ...settings,
    });
  }

  /** The records since the last look. */
  records(reader = this.#reader): string[] {
    const found: string[] = [];
    while (reader.next()) found.push(describeRecord(reader));
    return found;
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
