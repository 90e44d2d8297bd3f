import { type ContainerRequest, type ContainerSocketRequest, ControlError } from '../../../api/agent.js';
import { containerKey } from '../../../identity/namesakes.js';
import { namespaceOfState } from '../../../identity/namespace.js';
import { quote } from '../../../values/quote.js';

/** A container as it has registered. */
export interface Registered {
  readonly id: string;
  /** What its id is unique in. */
  readonly namespace: string | undefined;
  /** Attributes that tell it from others of its id. */
  readonly distinction: Readonly<Record<string, string>>;
  readonly folder: string;
  /** As they were asked for, and where they listen. */
  sockets: readonly (ContainerSocketRequest & { readonly listen: string })[];
  /** The last request. */
  request: ContainerRequest;
  /** Stops watching for its end. */
  release: () => void;
  /** Gives up its id and namespace. */
  readonly forget: () => void;
}

/** Containers that have registered: one for each id and namespace. */
export class RegisteredContainers {
  readonly #byKey = new Map<string, Registered>();
  readonly #byId = new Map<string, Set<Registered>>();
  readonly #folders = new Set<string>();

  get size(): number {
    return this.#byKey.size;
  }

  get all(): Iterable<Registered> {
    return this.#byKey.values();
  }

  has(registered: Registered): boolean {
    return this.#byKey.get(containerKey(registered)) === registered;
  }

  isTaken(folder: string): boolean {
    return this.#folders.has(folder);
  }

  exactly(id: string, namespace: string | undefined): Registered | undefined {
    return this.#byKey.get(containerKey({ id, namespace }));
  }

  /** Those of an id, in that namespace if one is given. */
  named(id: string, namespace: string | undefined): Registered[] {
    const found = [...(this.#byId.get(id) ?? [])];
    return namespace === undefined ? found : found.filter((registered) => registered.namespace === namespace);
  }

  /** The only one of an id, in that namespace if one is given. @throws ControlError when there are several */
  only(id: string, namespace: string | undefined): Registered | undefined {
    const found = this.named(id, namespace);
    if (found.length <= 1) return found[0];
    const namespaces = found.map((registered) => quote(registered.namespace ?? '')).join(', ');
    throw new ControlError(409, `there are several containers ${quote(id)}; give a namespace: ${namespaces}`);
  }

  /** The container that a request replaces. @throws ControlError when it does not say which of several */
  replacedBy(request: ContainerRequest): Registered | undefined {
    const { id } = request;
    const namespace = namespaceOf(request);
    if (namespace === undefined) return this.only(id, undefined);
    const same = this.exactly(id, namespace);
    // It may have been registered without a namespace before its liveness path was known.
    return request.namespace === undefined ? (same ?? this.exactly(id, undefined)) : same;
  }

  add(registered: Registered): void {
    const { id, folder } = registered;
    const ofId = this.#byId.get(id) ?? new Set();
    this.#byKey.set(containerKey(registered), registered);
    this.#byId.set(id, ofId.add(registered));
    this.#folders.add(folder);
  }

  delete(registered: Registered): void {
    if (!this.has(registered)) return;
    const { id, folder } = registered;
    this.#byKey.delete(containerKey(registered));
    this.#folders.delete(folder);
    const ofId = this.#byId.get(id);
    ofId?.delete(registered);
    if (ofId?.size === 0) this.#byId.delete(id);
  }
}

/** What the id of a container is unique in, by the request itself or by the liveness path in it. */
export function namespaceOf({ namespace, livenessPath }: ContainerRequest): string | undefined {
  return namespace ?? (livenessPath === undefined ? undefined : namespaceOfState(livenessPath));
}
