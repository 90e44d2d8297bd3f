import type {
  CallEvent,
  EventPage,
  EventSource,
  LiveEvent,
  OperationEvent,
  StreamEvent,
} from '../../../src/processors/enrich/events.js';

/** Remembers the latest `capacity` events in memory. */
export class EventLog implements EventSource {
  /** Pages that were read, by anyone. */
  reads = 0;
  /** While set, nothing can be read. */
  failure: Error | undefined;
  readonly #capacity: number;
  #events: LiveEvent[] = [];
  #oldest = 0;

  constructor(capacity = 1000) {
    this.#capacity = capacity;
  }

  push(...events: LiveEvent[]): void {
    for (const event of events) {
      this.#events.push(event);
      if (this.#events.length <= this.#capacity) continue;
      this.#events.shift();
      this.#oldest++;
    }
  }

  /** Any number of calls; the numbers go on from the last. */
  pushCalls(count: number, change: Partial<CallEvent> = {}): void {
    for (let i = 0; i < count; i++) this.push(call({ id: String(this.end), ...change }));
  }

  get end(): number {
    return this.#oldest + this.#events.length;
  }

  async read(cursor: number, max: number): Promise<EventPage> {
    if (this.failure !== undefined) throw this.failure;
    this.reads++;
    const from = Math.max(cursor, this.#oldest);
    const events = this.#events.slice(from - this.#oldest, from - this.#oldest + max);
    return { events, next: from + events.length, missed: from - cursor };
  }

  /** How many watch streams. */
  streamWatchers = 0;

  watchStreams(): () => void {
    this.streamWatchers++;
    return () => {
      this.streamWatchers--;
    };
  }

  async range(): Promise<{ oldest: number; end: number }> {
    if (this.failure !== undefined) throw this.failure;
    return { oldest: this.#oldest, end: this.end };
  }
}

export function call(change: Partial<CallEvent> = {}): CallEvent {
  return {
    type: 'call',
    socket: 'geth',
    container: { 'container.id': 'c0ffee0123456789', 'container.name': 'wallet' },
    connection: '1',
    timeMs: 1_700_000_000_000,
    system: 'jsonrpc',
    method: 'eth_call',
    from: 'container',
    durationMs: 1.5,
    requestBytes: 100,
    responseBytes: 2000,
    ...change,
  };
}

/** A part of what a connection carries. */
export function stream(change: Partial<StreamEvent> = {}): StreamEvent {
  return {
    type: 'stream',
    socket: 'geth',
    path: '/run/geth.ipc',
    container: { 'container.id': 'c0ffee0123456789', 'container.name': 'wallet' },
    connection: '1',
    timeMs: 1_700_000_000_000,
    direction: 'send',
    pieces: [{ kept: 3, skipped: 0, data: Buffer.from('ask').toString('base64') }],
    begins: true,
    isBehindGap: false,
    ends: false,
    ...change,
  };
}

export function operation(change: Partial<OperationEvent> = {}): OperationEvent {
  return {
    type: 'operation',
    socket: 'geth',
    container: { 'container.id': 'c0ffee0123456789' },
    connection: '1',
    timeMs: 1_700_000_000_000,
    direction: 'send',
    bytes: 100,
    captured: 64,
    ...change,
  };
}
