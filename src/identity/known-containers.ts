import type { ContainerIdentity } from './identity.js';
import { containerKey, type Namesake } from './namesakes.js';

/**
 * Ways of one container to be recognized. It has one, or two; a process that comes back with another command line
 * every time must not fill the memory.
 */
const MAX_KEYS_PER_CONTAINER = 8;

/** Containers that are known already, by what snapshot shows them. */
export class KnownContainers {
  readonly #bySnapshot = new Map<string, ContainerIdentity>();
  /** By the container: the snapshot that shows it. */
  readonly #snapshot = new Map<string, Set<string>>();

  get(snapshot: string): ContainerIdentity | undefined {
    return this.#bySnapshot.get(snapshot);
  }

  remember(snapshot: string, container: ContainerIdentity): ContainerIdentity {
    const key = containerKey(container);
    const known = this.#snapshot.get(key) ?? new Set();
    const [oldest] = known;
    if (known.size >= MAX_KEYS_PER_CONTAINER && oldest !== undefined) {
      known.delete(oldest);
      this.#bySnapshot.delete(oldest);
    }
    known.add(snapshot);
    this.#snapshot.set(key, known);
    this.#bySnapshot.set(snapshot, container);
    return container;
  }

  forget(container: Namesake): void {
    const key = containerKey(container);
    for (const snapshot of this.#snapshot.get(key) ?? []) this.#bySnapshot.delete(snapshot);
    this.#snapshot.delete(key);
  }
}
