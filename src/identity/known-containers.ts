import type { ContainerIdentity } from './identity.js';
import { containerKey, type Namesake } from './namesakes.js';

/**
 * Keys remembered for one container. One or two are usual. The limit keeps a process that reconnects with a different
 * command line each time from filling the memory.
 */
const MAX_KEYS_PER_CONTAINER = 8;

/** Containers that were identified before, by the part of the snapshot that identified them. */
export class KnownContainers {
  readonly #byKey = new Map<string, ContainerIdentity>();
  readonly #keysOf = new Map<string, Set<string>>();

  get(key: string): ContainerIdentity | undefined {
    return this.#byKey.get(key);
  }

  remember(key: string, container: ContainerIdentity): ContainerIdentity {
    const name = containerKey(container);
    const keys = this.#keysOf.get(name) ?? new Set();
    const [oldest] = keys;
    if (keys.size >= MAX_KEYS_PER_CONTAINER && oldest !== undefined) {
      keys.delete(oldest);
      this.#byKey.delete(oldest);
    }
    keys.add(key);
    this.#keysOf.set(name, keys);
    this.#byKey.set(key, container);
    return container;
  }

  forget(container: Namesake): void {
    const name = containerKey(container);
    for (const key of this.#keysOf.get(name) ?? []) this.#byKey.delete(key);
    this.#keysOf.delete(name);
  }
}
