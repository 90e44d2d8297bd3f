import type { ContainerIdentity } from './identity.js';

/**
 * Ways of one container to be recognized. It has one, or two; a process that comes back with another command line
 * every time must not fill the memory.
 */
const MAX_KEYS_PER_CONTAINER = 8;

/** Containers that are known already, by what evidence shows them. */
export class KnownContainers {
  readonly #byKey = new Map<string, ContainerIdentity>();
  readonly #keys = new Map<string, Set<string>>();

  get(key: string): ContainerIdentity | undefined {
    return this.#byKey.get(key);
  }

  remember(key: string, container: ContainerIdentity): ContainerIdentity {
    const keys = this.#keys.get(container.id) ?? new Set();
    const [oldest] = keys;
    if (keys.size >= MAX_KEYS_PER_CONTAINER && oldest !== undefined) {
      keys.delete(oldest);
      this.#byKey.delete(oldest);
    }
    keys.add(key);
    this.#keys.set(container.id, keys);
    this.#byKey.set(key, container);
    return container;
  }

  forget(id: string): void {
    for (const key of this.#keys.get(id) ?? []) this.#byKey.delete(key);
    this.#keys.delete(id);
  }
}
