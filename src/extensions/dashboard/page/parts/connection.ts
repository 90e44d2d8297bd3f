import { useEffect, useState } from 'preact/hooks';

/** Whether the agent answers, for all of the page. */
class Connection {
  #lostMs: number | undefined;
  readonly #listeners = new Set<() => void>();

  /** Since when it does not answer, by the wall clock; undefined while it does. */
  get lostMs(): number | undefined {
    return this.#lostMs;
  }

  answered(): void {
    this.#set(undefined);
  }

  failed(): void {
    this.#set(this.#lostMs ?? Date.now());
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #set(lostMs: number | undefined): void {
    if (lostMs === this.#lostMs) return;
    this.#lostMs = lostMs;
    for (const listener of this.#listeners) listener();
  }
}

export const connection = new Connection();

/** Since when the agent does not answer; undefined while it does. */
export function useLost(): number | undefined {
  const [lostMs, setLost] = useState(connection.lostMs);
  useEffect(() => connection.watch(() => setLost(connection.lostMs)), []);
  return lostMs;
}
