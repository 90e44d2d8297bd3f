import { dirname } from 'node:path';

/** Attribute of the second of two containers with the same id, so that they are counted apart. */
export const NAMESPACE_ATTRIBUTE = 'container.namespace';

/** What tells a container from others with the same id. */
export interface Namesake {
  readonly id: string;
  readonly namespace: string | undefined;
  /** Path of its cgroup, if the cgroup names the container. */
  readonly cgroup?: string | undefined;
}

type Distinction = Readonly<Record<string, string>>;

interface Known extends Namesake {
  readonly distinction: Distinction;
}

/** A key that is unique to a container. */
export function containerKey({ id, namespace, cgroup }: Namesake): string {
  return JSON.stringify([id, namespace ?? null, cgroup ?? null]);
}

/**
 * The containers in use for each id. Ids are only unique within a containerd namespace or a runtime's state directory.
 */
export class Namesakes {
  readonly #byId = new Map<string, Map<string, Known>>();

  /**
   * Attributes that tell this container from earlier ones; none if it is the only one, or may be the same as another.
   */
  add(container: Namesake): Distinction {
    const key = containerKey(container);
    const there = this.#byId.get(container.id) ?? new Map<string, Known>();
    this.#byId.set(container.id, there);
    const known = there.get(key) ?? {
      ...container,
      distinction: distinctionOf(container, [...there.values()]),
    };
    there.set(key, known);
    return known.distinction;
  }

  remove(container: Namesake): void {
    const there = this.#byId.get(container.id);
    there?.delete(containerKey(container));
    if (there?.size === 0) this.#byId.delete(container.id);
  }
}

function distinctionOf(container: Namesake, others: readonly Namesake[]): Distinction {
  const { namespace, cgroup } = container;
  if (others.every((other) => mayBeSame(other, container))) return {};
  const isTaken = others.some((other) => other.namespace === namespace);
  const name = isTaken && cgroup !== undefined ? dirname(cgroup) : namespace;
  return name === undefined ? {} : { [NAMESPACE_ATTRIBUTE]: name };
}

/** False only if something known about both differs. */
function mayBeSame(a: Namesake, b: Namesake): boolean {
  if (a.cgroup !== undefined && b.cgroup !== undefined) return a.cgroup === b.cgroup;
  return a.namespace === undefined || b.namespace === undefined || a.namespace === b.namespace;
}
