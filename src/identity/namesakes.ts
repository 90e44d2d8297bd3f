import { dirname } from 'node:path';

/** `container.namespace`: of two containers of one id the second has it, so that they are counted apart. */
export const NAMESPACE_ATTRIBUTE = 'container.namespace';

/** A container among others of its id. */
export interface Namesake {
  readonly id: string;
  readonly namespace: string | undefined;
  /** Path of its cgroup, where that names it. */
  readonly cgroup?: string | undefined;
}

type Distinction = Readonly<Record<string, string>>;

interface Known extends Namesake {
  readonly distinction: Distinction;
}

/** Tells a container from all others. */
export function containerKey({ id, namespace, cgroup }: Namesake): string {
  return JSON.stringify([id, namespace ?? null, cgroup ?? null]);
}

/** Which containers there are of each id. Ids are unique in a namespace of containerd, or a runtime's folder, only. */
export class Namesakes {
  readonly #byId = new Map<string, Map<string, Known>>();

  /** What tells this one from others that came before it; nothing where it is the only one, or may be the same. */
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
  if (others.every((other) => mayBeOne(other, container))) return {};
  const isTaken = others.some((other) => other.namespace === namespace);
  const name = isTaken && cgroup !== undefined ? dirname(cgroup) : namespace;
  return name === undefined ? {} : { [NAMESPACE_ATTRIBUTE]: name };
}

/** What is known of both says so, or nothing is. */
function mayBeOne(a: Namesake, b: Namesake): boolean {
  if (a.cgroup !== undefined && b.cgroup !== undefined) return a.cgroup === b.cgroup;
  return a.namespace === undefined || b.namespace === undefined || a.namespace === b.namespace;
}
