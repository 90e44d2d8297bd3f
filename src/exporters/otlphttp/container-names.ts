import type { Attributes } from '@opentelemetry/api';
import type { SeriesContainer } from '../../telemetry/series-container.js';

/** Containers that are remembered. Beyond them, those that have been known for longest are forgotten. */
const MAX_CONTAINERS = 100_000;

/**
 * The attributes that name each container in its series, and that points leave out where the resource says them.
 *
 * When a reload lists other attributes, series of connections that are still open go on beside the new ones of the same
 * container. Without the names they would be one series to a backend. So only the names that were seen first are left out,
 * and points with others keep theirs.
 */
export class ContainerNames {
  readonly #namesOf = new Map<string, string>();
  /** By the attributes of points, which are the same object each time. */
  readonly #left = new WeakMap<Attributes, Attributes>();

  /** What a point of the container still has to say. */
  leftOf(container: SeriesContainer, attributes: Attributes): Attributes {
    const known = this.#left.get(attributes);
    if (known !== undefined) return known;
    const others = container.without(attributes);
    const names = Object.keys(attributes).filter((name) => !(name in others));
    const left = this.#areFirst(container.key, names.join(' ')) ? others : attributes;
    this.#left.set(attributes, left);
    return left;
  }

  #areFirst(key: string, names: string): boolean {
    const first = this.#namesOf.get(key);
    if (first !== undefined) return first === names;
    this.#namesOf.set(key, names);
    for (const oldest of this.#namesOf.keys()) {
      if (this.#namesOf.size <= MAX_CONTAINERS) break;
      this.#namesOf.delete(oldest);
    }
    return true;
  }
}
