import type { ContainerIdentity } from './identity.js';
import { containerKey, type Namesake } from './namesakes.js';

/**
 * Ways of one container to be recognized. It has one, or two; a process that comes back with another command line
 * every time must not fill the memory.
 */
const MAX_KEYS_PER_CONTAINER = 8;

/** Containers that are known already, by what evidence shows them. */
export class KnownContainers {
  readonly #byEvidence = new Map<string, ContainerIdentity>();
  /** By the container: the evidence that shows it. */
  readonly #evidence = new Map<string, Set<string>>();

  get(evidence: string): ContainerIdentity | undefined {
    return this.#byEvidence.get(evidence);
  }

  remember(evidence: string, container: ContainerIdentity): ContainerIdentity {
    const key = containerKey(container);
    const known = this.#evidence.get(key) ?? new Set();
    const [oldest] = known;
    if (known.size >= MAX_KEYS_PER_CONTAINER && oldest !== undefined) {
      known.delete(oldest);
      this.#byEvidence.delete(oldest);
    }
    known.add(evidence);
    this.#evidence.set(key, known);
    this.#byEvidence.set(evidence, container);
    return container;
  }

  forget(container: Namesake): void {
    const key = containerKey(container);
    for (const evidence of this.#evidence.get(key) ?? []) this.#byEvidence.delete(evidence);
    this.#evidence.delete(key);
  }
}
