import type { CallData, CallSource } from '../../../src/telemetry/call-data.js';

/** What stands at the other end of a traces or logs pipeline: hands out the calls that a test makes. */
export class SpanFeed implements CallSource {
  readonly #listeners = new Set<(spans: readonly CallData[]) => void>();
  #made = 0;

  get listeners(): number {
    return this.#listeners.size;
  }

  subscribe(listener: (spans: readonly CallData[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  give(...spans: CallData[]): void {
    for (const listener of this.#listeners) listener(spans);
  }

  /** Gives `count` spans at once, named by their number since the first. */
  giveMany(count: number, changes: Partial<CallData> = {}): void {
    this.give(...Array.from({ length: count }, () => span({ name: `${this.#made++}`, ...changes })));
  }
}

/** A span with what a test cares about. */
export function span(changes: Partial<CallData> = {}): CallData {
  return {
    isSampled: true,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    parentSpanId: undefined,
    traceState: undefined,
    name: 'eth_call',
    kind: 'server',
    startMs: 1_700_000_000_000,
    endMs: 1_700_000_000_001.25,
    attributes: { 'rpc.system.name': 'jsonrpc' },
    logAttributes: undefined,
    error: undefined,
    ...changes,
  };
}
