import type { CallData, CallListener, CallSource } from '../telemetry/call-data.js';

/** Hands the finished calls of one receiver to its exporters of one signal, across reloads. */
export class CallHub implements CallSource {
  readonly #listeners = new Set<CallListener>();

  subscribe(listener: CallListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  publish(calls: readonly CallData[], client: string): void {
    if (calls.length === 0) return;
    for (const listener of this.#listeners) listener(calls, client);
  }
}
